import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { auditLeaves } from "@/db/schema/audit";
import { decisions } from "@/db/schema/requests";
import type { StandingDecision } from "./schemas";

type Row = typeof decisions.$inferSelect;

export function presentDecision(row: Row, logIndex: number | null): StandingDecision {
  return {
    verdict: row.verdict as StandingDecision["verdict"],
    by: { type: row.deciderType as StandingDecision["by"]["type"], id: row.deciderId, name: row.deciderName },
    at: row.createdAt.toISOString(),
    reason: row.reason,
    logIndex,
  };
}

/** The one decision on a request, with its place in the log when the sequencer has ordered it. */
export async function standingDecisionOf(
  tx: Pick<Tx, "select">,
  requestId: string,
): Promise<StandingDecision | null> {
  const [row] = await tx
    .select({ decision: decisions, index: auditLeaves.index })
    .from(decisions)
    .leftJoin(auditLeaves, eq(auditLeaves.entryId, decisions.auditId))
    .where(eq(decisions.requestId, requestId));
  return row ? presentDecision(row.decision, row.index) : null;
}
