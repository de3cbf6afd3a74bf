"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMay } from "@/components/shell/use-status";
import { Failure } from "@/components/ui/bits";
import { EntryRow } from "./entry-row";
import { type AuditFilter, timelineQuery } from "./queries";

/** The record of one thing, newest first; the same component on servers, requests and identities. */
export default function Timeline({ filter }: { filter: AuditFilter }) {
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    timelineQuery(filter),
  );
  const all = useMay()("audit.read");
  const entries = data?.pages.flatMap((page) => page.items) ?? [];
  if (error) return <Failure error={error} />;
  return (
    <div className="flex flex-col gap-2.5">
      {all ? null : <p className="sub text-xs">Only your own acts are shown to your role.</p>}
      <ol className="panel min-h-10 overflow-clip">
        {entries.map((entry) => (
          <EntryRow key={entry.id} entry={entry} />
        ))}
        {data && entries.length === 0 ? <li className="sub px-3 py-2">Nothing recorded yet.</li> : null}
        {data ? null : <li className="sub px-3 py-2">Reading…</li>}
      </ol>
      {hasNextPage ? (
        <button
          type="button"
          className="btn self-start"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {isFetchingNextPage ? "Loading…" : "Load older"}
        </button>
      ) : null}
    </div>
  );
}
