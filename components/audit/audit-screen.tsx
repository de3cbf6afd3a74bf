"use client";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useMay, useStatus } from "@/components/shell/use-status";
import { EntryRow } from "@/components/timeline/entry-row";
import { type AuditFilter, auditHeadQuery, auditQuery } from "@/components/timeline/queries";
import { Empty, Failure, PageHead } from "@/components/ui/bits";
import { FreshButton } from "@/components/ui/fresh-button";
import { useKeys } from "@/components/ui/keyboard";
import { useUrl } from "@/components/ui/use-url";
import { AuditFilters } from "./audit-filters";
import { readAuditFilter } from "./filters";

function useFilter(): AuditFilter {
  const url = useUrl();
  const text = JSON.stringify(readAuditFilter(url.get));
  return useMemo(() => JSON.parse(text) as AuditFilter, [text]);
}

/** Entries that came since the page was read, counted and not pushed in. */
function useTrail(filter: AuditFilter) {
  const client = useQueryClient();
  const list = useInfiniteQuery(auditQuery(filter));
  const head = useQuery(auditHeadQuery(filter));
  const entries = list.data?.pages.flatMap((page) => page.items) ?? [];
  const known = new Set(entries.map((entry) => entry.id));
  const now = head.data && head.dataUpdatedAt >= list.dataUpdatedAt ? head.data : undefined;
  const byId = new Map(now?.items.map((entry) => [entry.id, entry]));
  const newest = entries[0]?.time ?? "";
  const fresh = now?.items.filter((entry) => !known.has(entry.id) && entry.time >= newest).length ?? 0;
  const loadFresh = () => {
    if (now) client.setQueryData(auditQuery(filter).queryKey, { pages: [now], pageParams: [null] });
  };
  return { list, entries: entries.map((entry) => byId.get(entry.id) ?? entry), fresh, loadFresh };
}

/** Who did what, and what became of it: the whole trail, filtered by the server. */
export function AuditScreen() {
  const filter = useFilter();
  const opened = useUrl().get("entry");
  const all = useMay()("audit.read");
  const size = useStatus()?.logSize;
  const { list, entries, fresh, loadFresh } = useTrail(filter);
  useKeys({ ".": loadFresh });
  return (
    <>
      <PageHead
        title="Audit"
        sub={
          <>
            {size === undefined ? null : `${size.toLocaleString("en")} entries in the log`}
            {all ? null : " · your role sees its own acts"}
          </>
        }
      >
        <FreshButton count={fresh} more={fresh >= 50} onLoad={loadFresh} />
      </PageHead>
      <AuditFilters filter={filter} />
      <Failure error={list.error} />
      {list.data && entries.length === 0 ? (
        <Empty title="No entry matches">
          <p>
            {Object.keys(filter).length > 0 ? "Widen the filters above." : "Nothing has been recorded yet."}
          </p>
        </Empty>
      ) : null}
      {entries.length > 0 ? (
        <ol className="panel overflow-clip">
          {entries.map((entry) => (
            <EntryRow key={entry.id} entry={entry} open={entry.id === opened} />
          ))}
        </ol>
      ) : null}
      {list.hasNextPage ? (
        <button
          type="button"
          className="btn mt-2.5"
          disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {list.isFetchingNextPage ? "Loading…" : "Load older"}
        </button>
      ) : null}
    </>
  );
}
