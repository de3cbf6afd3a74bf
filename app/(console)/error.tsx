"use client";
import { Empty } from "@/components/ui/bits";

/** Says nothing of the cause: the log knows it by the digest. */
export default function ConsoleError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <Empty page title="This page could not be read">
      <p>
        The console or its database may be restarting. Nothing was changed.
        {error.digest ? <span className="mono"> {error.digest}</span> : null}
      </p>
      <div>
        <button type="button" className="btn" onClick={reset}>
          Try again
        </button>
      </div>
    </Empty>
  );
}
