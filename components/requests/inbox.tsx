"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useMemo } from "react";
import { Empty, Failure } from "@/components/ui/bits";
import { plural } from "@/components/ui/format";
import { useKeys } from "@/components/ui/keyboard";
import { useUrl } from "@/components/ui/use-url";
import { useWide } from "@/components/ui/use-wide";
import { RequestCard } from "./card";
import { readFilters } from "./filters";
import { InboxEmpty } from "./inbox-empty";
import { InboxHead } from "./inbox-head";
import { InboxRow } from "./inbox-row";
import { requestQuery } from "./queries";
import { type Inbox as Rows, useInbox } from "./use-inbox";

function useFilters() {
  const url = useUrl();
  const text = JSON.stringify(readFilters(url.get));
  return useMemo(() => JSON.parse(text) as ReturnType<typeof readFilters>, [text]);
}

/** Selection lives in the URL; j and k move it, Enter opens it, the neighbour is read ahead. */
function useSelection(rows: Rows["rows"]) {
  const url = useUrl();
  const router = useRouter();
  const client = useQueryClient();
  const wide = useWide();
  const selected = url.get("selected");
  const at = rows.findIndex(({ row }) => row.id === selected);
  const ahead = rows[at + 1]?.row.id;
  const first = rows[0]?.row.id;
  useEffect(() => {
    if (wide && !selected && first) url.replace({ selected: first });
  });
  useEffect(() => {
    if (wide && ahead) void client.prefetchQuery(requestQuery(ahead));
  }, [wide, ahead, client]);
  const move = (step: number) => {
    const next = rows[at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
    if (next) url.replace({ selected: next.row.id });
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    enter: () => selected && router.push(`/requests/${selected}`),
  });
  return { selected, wide };
}

function List({
  inbox,
  selected,
  onSelect,
}: {
  inbox: Rows;
  selected: string | null;
  onSelect: (id: string) => boolean;
}) {
  return (
    <section aria-label="Calls" className="flex min-w-0 flex-col gap-2.5">
      <ul className="panel overflow-clip">
        {inbox.rows.map(({ row, left }) => (
          <InboxRow
            key={row.id}
            row={row}
            left={left}
            selected={row.id === selected}
            asOf={inbox.asOf}
            onSelect={onSelect}
          />
        ))}
      </ul>
      {inbox.hasOlder ? (
        <button type="button" className="btn" disabled={inbox.loadingOlder} onClick={inbox.loadOlder}>
          {inbox.loadingOlder ? "Loading…" : "Load older"}
        </button>
      ) : (
        <p className="px-1 text-xs text-faint">{plural(inbox.rows.length, "call")}, no older ones</p>
      )}
    </section>
  );
}

/** Held calls: waiting first. Two panes where there is room, a list that opens where there is not. */
export function Inbox() {
  const url = useUrl();
  const filters = useFilters();
  const inbox = useInbox(filters);
  const { selected, wide } = useSelection(inbox.rows);
  useKeys({ ".": inbox.loadFresh });
  const { replace } = url;
  const select = useCallback(
    (id: string) => {
      if (wide) replace({ selected: id });
      return wide;
    },
    [wide, replace],
  );
  return (
    <>
      <InboxHead key={filters.tab} inbox={inbox} filters={filters} />
      <Failure error={inbox.error} />
      {inbox.rows.length === 0 && !inbox.loading && !inbox.error ? <InboxEmpty filters={filters} /> : null}
      {inbox.rows.length > 0 ? (
        <div className="grid items-start gap-4.5 wide:grid-cols-[minmax(320px,400px)_minmax(0,1fr)]">
          <List inbox={inbox} selected={selected} onSelect={select} />
          <div className="min-w-0 max-wide:hidden">
            {selected ? (
              <RequestCard key={selected} id={selected} />
            ) : (
              <Empty title="Select a call">
                <p>
                  <kbd>j</kbd> and <kbd>k</kbd> move, <kbd>Enter</kbd> opens.
                </p>
              </Empty>
            )}
          </div>
        </div>
      ) : null}
    </>
  );
}
