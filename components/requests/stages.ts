import type { RequestDetail } from "@/lib/requests/schemas";

export interface Stage {
  key: "waiting" | "sending" | "recorded" | "released" | "end";
  label: string;
  state: "done" | "now" | "todo" | "bad" | "warn";
  at: string | null;
}
type Seen = Pick<RequestDetail, "state" | "decision" | "stages" | "createdAt" | "outcome">;

const todo = (key: Stage["key"], label: string): Stage => ({ key, label, state: "todo", at: null });

function recorded({ decision, stages }: Seen): Stage {
  const index = decision?.logIndex;
  const word = decision?.verdict === "deny" ? "denial recorded" : "approval recorded";
  const label = index === null || index === undefined ? word : `${word} #${index.toLocaleString("en")}`;
  return { key: "recorded", label, state: "done", at: decision?.at ?? stages.recordedAt };
}

const ENDS: Partial<Record<Seen["state"], { label: string; state: Stage["state"] }>> = {
  executed: { label: "executed", state: "done" },
  failed: { label: "executed with an error", state: "bad" },
  outcome_unknown: { label: "outcome unknown", state: "warn" },
  refused_by_agent: { label: "refused by the agent, not sent", state: "bad" },
  ticket_expired: { label: "approval lapsed, not sent", state: "warn" },
  withdrawn: { label: "approval withdrawn, not sent", state: "warn" },
  denied: { label: "refused, not sent", state: "done" },
  expired: { label: "expired, not sent", state: "warn" },
  cancelled: { label: "caller gone, not sent", state: "warn" },
  invalidated: { label: "invalidated, not sent", state: "warn" },
};

/** The way of a call as it truly happened; `sending` while a decision of ours is under way and not yet answered. */
export function stagesOf(seen: Seen, sending: boolean): Stage[] {
  const waiting = (state: Stage["state"]): Stage => ({
    key: "waiting",
    label: "waiting",
    state,
    at: seen.createdAt,
  });
  const { releasedAt } = seen.stages;
  if (seen.state === "pending") {
    const next = sending
      ? [waiting("done"), { key: "sending", label: "sending…", state: "now", at: null } satisfies Stage]
      : [waiting("now")];
    return [...next, todo("recorded", "recorded"), todo("released", "released"), todo("end", "executed")];
  }
  const way: Stage[] = [waiting("done")];
  if (seen.decision) way.push(recorded(seen));
  if (releasedAt) way.push({ key: "released", label: "released", state: "done", at: releasedAt });
  const end = ENDS[seen.state];
  if (end) return [...way, { key: "end", ...end, at: seen.outcome?.at ?? seen.stages.finishedAt }];
  if (seen.state === "approved") {
    return [
      ...way,
      { key: "released", label: "the agent has not claimed it yet", state: "now", at: null },
      todo("end", "executed"),
    ];
  }
  return [...way, { key: "end", label: "running…", state: "now", at: null }];
}
