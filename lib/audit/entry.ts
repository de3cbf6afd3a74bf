import { createHash } from "node:crypto";
import { canonicalValue } from "@/agent/contract/canonical";
import type { auditEntries } from "@/db/schema/audit";

type Row = typeof auditEntries.$inferSelect;

/** The canonical text of an entry: what its leaf commits to. Times in milliseconds, absent fields left out. */
export function entryText(row: Row): string {
  const fields: Record<string, unknown> = {
    v: 1,
    id: row.id,
    time: row.time.toISOString(),
    agentTime: row.agentTime?.toISOString(),
    actor: {
      type: row.actorType,
      id: row.actorId,
      name: row.actorName,
      onBehalfOf: row.onBehalfOf,
      ip: row.ip,
    },
    action: row.action,
    subject: { type: row.subjectType, id: row.subjectId, name: row.subjectName },
    outcome: row.outcome,
    reason: row.reason,
    httpRequestId: row.httpRequestId,
    correlation: row.correlation,
    payloadDigest: row.payloadDigest,
    beforeDigest: row.beforeDigest,
    afterDigest: row.afterDigest,
    serverId: row.serverId,
    toolId: row.toolId,
    identityId: row.identityId,
    requestId: row.requestId,
    detail: row.detail ?? {},
  };
  return canonicalValue(withoutAbsent(fields));
}

function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, v]) => v !== undefined && v !== null);
  return Object.fromEntries(kept.map(([k, v]) => [k, withoutAbsent(v)]));
}

/** RFC 6962: SHA-256(0x00 ‖ leaf). */
export function leafHash(text: string): string {
  return createHash("sha256").update(Buffer.of(0)).update(text, "utf8").digest("hex");
}
