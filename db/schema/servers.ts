import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { users } from "./auth";
import { createdAt, id, time } from "./columns";

export const servers = pgTable(
  "servers",
  {
    id: id().primaryKey(),
    name: text("name").notNull(),
    /** the name folded so that look-alikes collide (decision 7) */
    nameSkeleton: text("name_skeleton").notNull(),
    description: text("description"),
    environment: text("environment"),
    ownerId: text("owner_id").references(() => users.id),
    mode: text("mode").notNull().default("enforce"),
    observeReason: text("observe_reason"),
    observeUntil: time("observe_until"),
    enforcement: text("enforcement").notNull().default("cooperative"),
    serverInfo: jsonb("server_info").$type<{ name: string; version: string } | null>(),
    lastListedAt: time("last_listed_at"),
    createdAt: createdAt(),
    archivedAt: time("archived_at"),
  },
  (t) => [
    uniqueIndex("servers_name_key").on(t.name),
    uniqueIndex("servers_skeleton_key").on(t.nameSkeleton),
    check("servers_mode_known", sql`mode in ('enforce','observe')`),
    check(
      "servers_observe_bounded",
      sql`mode = 'enforce' or (observe_reason is not null and observe_until is not null)`,
    ),
  ],
);

export const enrolmentTokens = pgTable("enrolment_tokens", {
  id: id().primaryKey(),
  serverId: text("server_id")
    .notNull()
    .references(() => servers.id),
  tokenHash: text("token_hash").notNull().unique(),
  createdBy: text("created_by"),
  createdAt: createdAt(),
  expiresAt: time("expires_at").notNull(),
  usedAt: time("used_at"),
  /** the key that used it: the same (token, key) gets the same answer again */
  usedByKey: text("used_by_key"),
});

export const agents = pgTable(
  "agents",
  {
    id: id().primaryKey(),
    serverId: text("server_id")
      .notNull()
      .references(() => servers.id),
    ownerId: text("owner_id").references(() => users.id),
    publicKey: text("public_key").notNull().unique(),
    version: text("version").notNull(),
    hostname: text("hostname").notNull(),
    platform: text("platform").notNull(),
    osUser: text("os_user").notNull(),
    createdAt: createdAt(),
    lastSeenAt: time("last_seen_at"),
    revokedAt: time("revoked_at"),
    /** the bundle it says it enforces */
    ackEpoch: integer("ack_epoch"),
    ackSeq: bigint("ack_seq", { mode: "number" }),
  },
  (t) => [index("agents_server_idx").on(t.serverId)],
);

export const agentInstances = pgTable(
  "agent_instances",
  {
    id: id().notNull(),
    agentId: text("agent_id")
      .notNull()
      .references(() => agents.id),
    transport: text("transport"),
    upstream: text("upstream"),
    pid: integer("pid"),
    startedAt: time("started_at"),
    localMode: text("local_mode"),
    /** renewed every second while its stream is open somewhere; a waiter whose instance is silent is gone */
    lastSeenAt: time("last_seen_at"),
    lastSeq: bigint("last_seq", { mode: "number" }).notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.agentId, t.id] }), index("agent_instances_seen_idx").on(t.lastSeenAt)],
);

/** Nonces of signed agent requests, kept while their signatures could be replayed. */
export const agentNonces = pgTable(
  "agent_nonces",
  { agentId: text("agent_id").notNull(), nonce: text("nonce").notNull(), createdAt: createdAt() },
  (t) => [primaryKey({ columns: [t.agentId, t.nonce] }), index("agent_nonces_created_idx").on(t.createdAt)],
);
