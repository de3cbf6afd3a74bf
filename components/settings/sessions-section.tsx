"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Failure } from "@/components/ui/bits";
import { Quoted } from "@/components/ui/quoted";
import { Tag } from "@/components/ui/tag";
import { Ago, Time } from "@/components/ui/time";
import { revokeOtherSessions, revokeSession, sessionsQuery } from "./queries";
import { Section } from "./section";

const FIRST = 5;

/** Where one is signed in; any of them can be ended. */
export function SessionsSection() {
  const client = useQueryClient();
  const { data, error, dataUpdatedAt } = useQuery(sessionsQuery);
  const sessions = data?.items ?? [];
  const [all, setAll] = useState(false);
  const shown = all ? sessions : sessions.slice(0, FIRST);
  const done = { onSettled: () => client.invalidateQueries({ queryKey: ["sessions"] }) };
  const revoke = useMutation({ mutationFn: revokeSession, ...done });
  const revokeOthers = useMutation({ mutationFn: revokeOtherSessions, ...done });
  return (
    <Section
      id="sessions"
      title="Sessions"
      sub="Each ends by itself eight hours after sign-in."
      action={
        sessions.length > 1 ? (
          <button
            type="button"
            className="btn"
            disabled={revokeOthers.isPending}
            onClick={() => revokeOthers.mutate()}
          >
            End all others
          </button>
        ) : null
      }
    >
      <Failure error={error ?? revoke.error ?? revokeOthers.error} />
      <ul className="panel overflow-clip">
        {shown.map((session) => (
          <li
            key={session.id}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line px-3 py-2 last:border-b-0"
          >
            <div className="min-w-0 flex-1 basis-64">
              <p className="flex flex-wrap items-center gap-2">
                <Quoted text={session.ip ?? "unknown address"} />
                {session.current ? <Tag tone="ok">this one</Tag> : null}
              </p>
              <p className="sub truncate text-xs" title={session.userAgent ?? undefined}>
                {session.userAgent}
              </p>
            </div>
            <span className="sub text-xs">
              last seen <Ago iso={session.lastSeenAt} asOf={dataUpdatedAt} /> · ends{" "}
              <Time iso={session.expiresAt} />
            </span>
            {session.current ? null : (
              <button
                type="button"
                className="btn no"
                disabled={revoke.isPending}
                onClick={() => revoke.mutate(session.id)}
              >
                End<span className="sr-only"> session from {session.ip}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {shown.length < sessions.length ? (
        <button type="button" className="btn self-start" onClick={() => setAll(true)}>
          Show {sessions.length - shown.length} more
        </button>
      ) : null}
    </Section>
  );
}
