import { jsonb, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { createdAt, id, time } from "./columns";
import { servers } from "./servers";

export const tools = pgTable(
  "tools",
  {
    id: id().primaryKey(),
    serverId: text("server_id")
      .notNull()
      .references(() => servers.id),
    name: text("name").notNull(),
    title: text("title"),
    /** as last listed; review and pinning build on it */
    liveDigest: text("live_digest"),
    state: text("state").notNull().default("in_review"),
    riskClass: text("risk_class").notNull(),
    tier: text("tier").notNull(),
    reasons: jsonb("reasons").$type<string[]>().notNull(),
    annotations: jsonb("annotations").$type<Record<string, boolean> | null>(),
    firstSeenAt: createdAt(),
    lastSeenAt: time("last_seen_at").notNull().defaultNow(),
    /** set when the newest listing no longer has it */
    goneAt: time("gone_at"),
  },
  (t) => [uniqueIndex("tools_server_name_key").on(t.serverId, t.name)],
);
