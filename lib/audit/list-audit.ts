import { and, desc, eq, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { auditEntries, auditLeaves } from "@/db/schema/audit";
import { query } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { decodeCursor, encodeCursor, type Page } from "@/lib/core/paging";
import { allows } from "@/lib/core/permissions";
import { type AuditEntryView, listAuditInput } from "./schemas";

const exactTime = sql<string>`to_char(${auditEntries.time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

function present(row: typeof auditEntries.$inferSelect, index: number | null): AuditEntryView {
  return {
    id: row.id,
    index,
    time: row.time.toISOString(),
    agentTime: row.agentTime?.toISOString() ?? null,
    actor: {
      type: row.actorType,
      id: row.actorId,
      name: row.actorName,
      onBehalfOf: row.onBehalfOf,
      ip: row.ip,
    },
    action: row.action,
    subject: { type: row.subjectType, id: row.subjectId, name: row.subjectName },
    outcome: row.outcome as AuditEntryView["outcome"],
    reason: row.reason,
    httpRequestId: row.httpRequestId,
    correlation: row.correlation,
    payloadDigest: row.payloadDigest,
    serverId: row.serverId,
    toolId: row.toolId,
    identityId: row.identityId,
    requestId: row.requestId,
    detail: row.detail ?? {},
  };
}

/** The trail, newest first, by keyset on (time, id). Who may not read it all sees their own acts. */
export const listAudit = query({
  permission: ["audit.read", "audit.own"],
  input: listAuditInput,
  async run({ context, input }): Promise<Page<AuditEntryView>> {
    const after = input.cursor ? decodeCursor(input.cursor) : null;
    if (input.cursor && !after) throw new AppError("malformed", "The cursor is not one of ours.");
    const all = context.type === "system" || allows(context.role, "audit.read");
    const words = input.q ? `%${input.q.replace(/[\\%_]/g, "\\$&")}%` : null;
    const rows = await db()
      .select({ entry: auditEntries, index: auditLeaves.index, exactTime })
      .from(auditEntries)
      .leftJoin(auditLeaves, eq(auditLeaves.entryId, auditEntries.id))
      .where(
        and(
          all ? undefined : eq(auditEntries.actorId, context.id),
          input.from ? sql`${auditEntries.time} >= ${input.from}::timestamptz` : undefined,
          input.to ? sql`${auditEntries.time} < ${input.to}::timestamptz` : undefined,
          input.actor
            ? sql`(${auditEntries.actorId} = ${input.actor} or ${auditEntries.actorName} = ${input.actor})`
            : undefined,
          input.action
            ? input.action.includes(".")
              ? eq(auditEntries.action, input.action)
              : sql`${auditEntries.action} like ${`${input.action.replace(/[\\%_]/g, "\\$&")}.%`}`
            : undefined,
          input.subject
            ? sql`(${auditEntries.subjectId} = ${input.subject} or ${auditEntries.subjectName} = ${input.subject})`
            : undefined,
          input.outcome ? eq(auditEntries.outcome, input.outcome) : undefined,
          input.server ? eq(auditEntries.serverId, input.server) : undefined,
          input.request ? eq(auditEntries.requestId, input.request) : undefined,
          words
            ? sql`(${auditEntries.actorName} ilike ${words} or ${auditEntries.subjectName} ilike ${words} or ${auditEntries.action} ilike ${words} or ${auditEntries.reason} ilike ${words} or ${auditEntries.onBehalfOf} ilike ${words})`
            : undefined,
          after
            ? sql`(${auditEntries.time}, ${auditEntries.id}) < (${after.time}::timestamptz, ${after.id})`
            : undefined,
        ),
      )
      .orderBy(desc(auditEntries.time), desc(auditEntries.id))
      .limit(input.limit + 1);
    const page = rows.slice(0, input.limit);
    const last = page.at(-1);
    return {
      items: page.map((row) => present(row.entry, row.index)),
      nextCursor: rows.length > input.limit && last ? encodeCursor(last.exactTime, last.entry.id) : null,
    };
  },
});
