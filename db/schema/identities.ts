import { index, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { createdAt, id, time } from "./columns";
import { agents, servers } from "./servers";

/** Callers as agents saw them. `key` is opaque: `os:<user>` within one agent, or a keyed credential fingerprint. */
export const identities = pgTable(
  "identities",
  {
    id: id().primaryKey(),
    serverId: text("server_id")
      .notNull()
      .references(() => servers.id),
    agentId: text("agent_id").references(() => agents.id),
    kind: text("kind").notNull(),
    key: text("key").notNull(),
    name: text("name").notNull(),
    state: text("state").notNull().default("discovered"),
    firstSeenAt: createdAt(),
    lastSeenAt: time("last_seen_at").notNull().defaultNow(),
  },
  (t) => [uniqueIndex("identities_key").on(t.serverId, t.key), index("identities_seen_idx").on(t.lastSeenAt)],
);
