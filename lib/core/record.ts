import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { auditEntries } from "@/db/schema/audit";
import { type Action, type Detail, parseDetail } from "./actions";
import type { Context } from "./context";
import { newId } from "./ids";

export interface Subject {
  type: string;
  id: string;
  name: string;
}

export interface Entry<A extends Action = Action> {
  /** given when another row of the same transaction must name this entry */
  id?: string;
  subject: Subject;
  detail?: Detail<A>;
  outcome?: "success" | "refused" | "failed";
  reason?: string | null;
  onBehalfOf?: string | null;
  agentTime?: Date | null;
  correlation?: string | null;
  payloadDigest?: string | null;
  beforeDigest?: string | null;
  afterDigest?: string | null;
  serverId?: string | null;
  toolId?: string | null;
  identityId?: string | null;
  requestId?: string | null;
}

/**
 * Appends one audit entry in the caller's transaction and returns its id; the sequencer gives it a log index afterwards.
 * Throws when the detail is not allow-listed or the insert fails: then the act fails with it.
 */
export async function record<A extends Action>(
  tx: Tx,
  context: Context,
  action: A,
  entry: Entry<A>,
): Promise<string> {
  const id = entry.id ?? newId("evt");
  await tx.insert(auditEntries).values({
    time: sql`now()`,
    id,
    agentTime: entry.agentTime ?? null,
    actorType: context.type,
    actorId: context.id,
    actorName: context.name.slice(0, 300),
    onBehalfOf: entry.onBehalfOf ?? null,
    ip: context.ip,
    action,
    subjectType: entry.subject.type,
    subjectId: entry.subject.id.slice(0, 300),
    subjectName: entry.subject.name.slice(0, 300),
    outcome: entry.outcome ?? "success",
    reason: entry.reason?.slice(0, 1000) ?? null,
    httpRequestId: context.httpRequestId,
    correlation: entry.correlation ?? null,
    payloadDigest: entry.payloadDigest ?? null,
    beforeDigest: entry.beforeDigest ?? null,
    afterDigest: entry.afterDigest ?? null,
    serverId: entry.serverId ?? null,
    toolId: entry.toolId ?? null,
    identityId: entry.identityId ?? null,
    requestId: entry.requestId ?? null,
    detail: parseDetail(action, entry.detail),
  });
  return id;
}
