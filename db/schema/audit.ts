import { bigint, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { id, time } from "./columns";

/**
 * The trail. Its SQL is hand-written (partitions by month, grants, triggers: db/migrations/*_audit.sql), so drizzle-kit
 * does not read this file; the columns here must match. Times are kept in milliseconds, as JavaScript reads them, so that
 * a leaf commits to exactly what is stored. The app's role may INSERT and SELECT, no more.
 */
export const auditEntries = pgTable(
  "audit_entries",
  {
    time: time("time").notNull(),
    id: id().notNull(),
    /** when the agent saw it, by its own clock */
    agentTime: time("agent_time"),
    actorType: text("actor_type").notNull(),
    actorId: text("actor_id").notNull(),
    actorName: text("actor_name").notNull(),
    onBehalfOf: text("on_behalf_of"),
    ip: text("ip"),
    action: text("action").notNull(),
    subjectType: text("subject_type").notNull(),
    subjectId: text("subject_id").notNull(),
    subjectName: text("subject_name").notNull(),
    outcome: text("outcome").notNull(),
    reason: text("reason"),
    httpRequestId: text("http_request_id"),
    correlation: text("correlation"),
    payloadDigest: text("payload_digest"),
    beforeDigest: text("before_digest"),
    afterDigest: text("after_digest"),
    serverId: text("server_id"),
    toolId: text("tool_id"),
    identityId: text("identity_id"),
    requestId: text("request_id"),
    /** allow-listed per action (lib/core/actions.ts); never arguments, never secrets */
    detail: jsonb("detail").$type<Record<string, unknown>>(),
  },
  (t) => [primaryKey({ columns: [t.time, t.id] })],
);

/** Written in the entry's own transaction; the sequencer consumes it, so that no commit order can hide an entry. */
export const auditQueue = pgTable("audit_queue", {
  position: bigint("position", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  entryTime: time("entry_time").notNull(),
  entryId: text("entry_id").notNull(),
});

/** Contiguous index over all entries, with the RFC 6962 leaf hash of each entry's canonical text. */
export const auditLeaves = pgTable("audit_leaves", {
  index: bigint("index", { mode: "number" }).primaryKey(),
  entryTime: time("entry_time").notNull(),
  entryId: text("entry_id").notNull().unique(),
  leafHash: text("leaf_hash").notNull(),
});
