import { Fragment, type ReactNode } from "react";
import { CopyButton } from "@/components/ui/bits";
import { Link } from "@/components/ui/link";
import { Quoted } from "@/components/ui/quoted";
import type { AuditEntryView } from "@/lib/audit/schemas";

/** A link that finds exactly this entry again, whatever is written later. */
export function permalink({ id, time }: AuditEntryView): string {
  const end = new Date(Date.parse(time) + 1).toISOString();
  return `/audit?${new URLSearchParams({ from: time, to: end, entry: id })}`;
}

function rowsOf(entry: AuditEntryView): [string, ReactNode][] {
  const mono = (text: string | null) => (text ? <Quoted text={text} max={300} /> : null);
  const { actor, subject } = entry;
  const detail = Object.entries(entry.detail).filter(([, value]) => value !== null && value !== undefined);
  return [
    ["Entry", mono(entry.id)],
    ["Time", <span key="t">{entry.time}</span>],
    ["Agent’s time", entry.agentTime ? <span key="a">{entry.agentTime}</span> : null],
    ["Action", mono(entry.action)],
    ["Actor", mono(`${actor.type} ${actor.id}`)],
    ["On behalf of", mono(actor.onBehalfOf)],
    ["From", mono(actor.ip)],
    ["Subject", mono(`${subject.type} ${subject.id}`)],
    ["Reason", mono(entry.reason)],
    [
      "Request",
      entry.requestId ? (
        <Link key="r" href={`/requests/${entry.requestId}`} className="mono">
          {entry.requestId}
        </Link>
      ) : null,
    ],
    [
      "Server",
      entry.serverId ? (
        <Link key="s" href={`/servers/${entry.serverId}`} className="mono">
          {entry.serverId}
        </Link>
      ) : null,
    ],
    ["HTTP request", mono(entry.httpRequestId)],
    ["Correlation", mono(entry.correlation)],
    ["Payload digest", mono(entry.payloadDigest)],
    ...detail.map(([name, value]): [string, ReactNode] => [
      name,
      mono(typeof value === "string" ? value : JSON.stringify(value)),
    ]),
  ];
}

/** Every field of an entry, and a link to it. */
export function EntryDetail({ entry }: { entry: AuditEntryView }) {
  const link = permalink(entry);
  const origin = typeof window === "undefined" ? "" : window.location.origin;
  return (
    <div className="rounded-md bg-sunken px-3 py-2.5 text-sm">
      <dl className="facts gap-y-1!">
        {rowsOf(entry).map(([name, value]) =>
          value ? (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd className="min-w-0">{value}</dd>
            </Fragment>
          ) : null,
        )}
      </dl>
      <div className="mt-1.5 -ml-2 flex flex-wrap">
        <CopyButton text={`${origin}${link}`} label="Copy link" />
        <CopyButton text={JSON.stringify(entry, null, 2)} label="Copy as JSON" />
      </div>
    </div>
  );
}
