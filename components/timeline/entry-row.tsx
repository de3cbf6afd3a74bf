"use client";
import { useState } from "react";
import { Quoted, Visible } from "@/components/ui/quoted";
import { OutcomeTag } from "@/components/ui/tag";
import { Time } from "@/components/ui/time";
import type { AuditEntryView } from "@/lib/audit/schemas";
import { actionWords } from "./action-words";
import { EntryDetail } from "./entry-detail";

/** One line of the record: when, its place in the log, who did what; more on demand. */
export function EntryRow({ entry, open: first = false }: { entry: AuditEntryView; open?: boolean }) {
  const [open, setOpen] = useState(first);
  const { subject } = entry;
  const nameless = subject.name === subject.type;
  return (
    <li className="border-b border-line last:border-b-0" id={entry.id}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="grid min-h-9 list-none grid-cols-[150px_72px_minmax(0,1fr)_auto] items-baseline gap-x-3 px-3 py-1.5 hover:bg-sunken max-side:grid-cols-[minmax(0,1fr)_auto] [&::-webkit-details-marker]:hidden">
          <span className="text-xs text-muted">
            <Time iso={entry.time} seconds />
          </span>
          <span className="mono text-xs text-muted max-side:text-right">
            {entry.index === null ? (
              <span title="not ordered yet">#…</span>
            ) : (
              `#${entry.index.toLocaleString("en")}`
            )}
          </span>
          <span className="min-w-0 max-side:col-span-2">
            <b className="font-medium">
              <Visible text={entry.actor.name} />
            </b>{" "}
            {nameless ? actionWords(entry.action).replace(/ (of|with)$/, "") : actionWords(entry.action)}{" "}
            {subject.id === entry.actor.id || nameless ? null : <Quoted text={subject.name} max={100} />}
            {entry.reason ? (
              <span className="sub">
                {" "}
                · “<Visible text={entry.reason.slice(0, 200)} />
                {entry.reason.length > 200 ? "…" : ""}”
              </span>
            ) : null}
          </span>
          <span className="max-side:col-span-2">
            {entry.outcome === "success" ? null : <OutcomeTag outcome={entry.outcome} />}
          </span>
        </summary>
        <div className="px-3 pb-3">{open ? <EntryDetail entry={entry} /> : null}</div>
      </details>
    </li>
  );
}
