"use client";
import { Empty } from "@/components/ui/bits";
import { signOut } from "@/lib/http/session-client";

/** Signed in, but nobody gave this person a role yet: deny by default. */
export function NoRole({ name }: { name: string }) {
  return (
    <main className="mx-auto max-w-xl p-6">
      <Empty page title="You have no role yet">
        <p>
          You are signed in as {name}. Ask an owner or admin of this console to give you a role; until then
          there is nothing to see here.
        </p>
        <div>
          <button type="button" className="btn" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </Empty>
    </main>
  );
}
