"use client";
import { useQuery } from "@tanstack/react-query";
import { memo, useEffect, useRef } from "react";
import { Link } from "@/components/ui/link";
import { Quoted, Visible } from "@/components/ui/quoted";
import { StateTag, TierTag } from "@/components/ui/tag";
import { Ago, TimeLeft } from "@/components/ui/time";
import { plainClick } from "@/components/ui/use-url";
import type { RequestSummary } from "@/lib/requests/schemas";
import { requestQuery } from "./queries";

interface Props {
  row: RequestSummary;
  left: boolean;
  selected: boolean;
  asOf: number;
  onSelect: (id: string) => boolean;
}

function Status({ row, asOf }: { row: RequestSummary; asOf: number }) {
  if (row.state === "pending") {
    const hint = row.waiting ? (row.risk.reasons[1] ?? row.risk.reasons[0]) : "the client no longer waits";
    return (
      <>
        <span className="font-medium text-ink">
          <TimeLeft until={row.expiresAt} asOf={asOf} />
        </span>
        <span className="min-w-0 truncate">{hint}</span>
      </>
    );
  }
  return (
    <>
      <StateTag state={row.state} />
      <span className="min-w-0 truncate">
        {row.decision ? `${row.decision.by.name} · ` : ""}
        <Ago iso={row.decision?.at ?? row.createdAt} asOf={asOf} />
      </span>
    </>
  );
}

/** One held call in the list. One that left the list keeps its place and says what became of it. */
export const InboxRow = memo(function InboxRow({ row: given, left, selected, asOf, onSelect }: Props) {
  const after = useQuery({ ...requestQuery(given.id), enabled: left || selected }).data;
  const row = (left || selected) && after ? after : given;
  const ref = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (selected) ref.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <li className="border-b border-line last:border-b-0">
      <Link
        ref={ref}
        href={`/requests/${row.id}`}
        aria-current={selected ? "true" : undefined}
        data-row={row.id}
        onClick={(event) => {
          if (plainClick(event) && onSelect(row.id)) event.preventDefault();
        }}
        className={`flex scroll-my-16 flex-col gap-1 px-3 py-2.5 no-underline outline-offset-[-2px] ${
          selected ? "wide:bg-accent-weak wide:shadow-[inset_2px_0_var(--accent)]" : "hover:bg-sunken"
        }`}
      >
        <span className="flex items-start justify-between gap-2">
          <Quoted text={row.tool.name} max={80} className="font-medium" />
          <TierTag tier={row.risk.tier} />
        </span>
        <span className="truncate">
          {row.server.name}{" "}
          <span className="sub">
            · <Visible text={row.caller.name} />
          </span>
        </span>
        <span className="flex min-h-5 items-center gap-2 text-xs text-muted">
          <Status row={row} asOf={asOf} />
        </span>
      </Link>
    </li>
  );
});
