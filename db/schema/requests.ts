import { sql } from "drizzle-orm";
import {
  boolean,
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
import { bytea, createdAt, id, time } from "./columns";
import { identities } from "./identities";
import { agents, servers } from "./servers";
import { tools } from "./tools";

export interface HoldSnapshot {
  rule: { id: string; name: string | null; index: number } | null;
  reasons: string[];
  conditionErrors: string[];
  approvalMinutes: number;
  deciders: { roles: string[]; people: string[] };
  postureAtOpen: "single_operator" | "four_eyes";
}

/** A held call. Every transition is one conditional UPDATE whose WHERE repeats the precondition. */
export const requests = pgTable(
  "requests",
  {
    id: id().primaryKey(),
    state: text("state").notNull().default("pending"),
    serverId: text("server_id")
      .notNull()
      .references(() => servers.id),
    agentId: text("agent_id")
      .notNull()
      .references(() => agents.id),
    identityId: text("identity_id")
      .notNull()
      .references(() => identities.id),
    toolId: text("tool_id").references(() => tools.id),
    callerKey: text("caller_key").notNull(),
    callerName: text("caller_name").notNull(),
    client: jsonb("client").$type<{ name: string; version: string; protocolVersion: string | null } | null>(),
    method: text("method").notNull(),
    toolName: text("tool_name"),
    toolDigest: text("tool_digest"),
    riskClass: text("risk_class").notNull(),
    tier: text("tier").notNull(),
    callDigest: text("call_digest").notNull(),
    nonce: text("nonce").notNull(),
    /** what an approver decides on: over server, tool, tool digest, call digest, caller, nonce, requested at */
    digest: text("digest").notNull(),
    policyVersion: integer("policy_version").notNull(),
    hold: jsonb("hold").$type<HoldSnapshot>().notNull(),
    createdAt: createdAt(),
    expiresAt: time("expires_at").notNull(),
    /** the client that waits: null instance once it is gone */
    waiterInstance: text("waiter_instance"),
    waiterNonce: text("waiter_nonce").notNull(),
    waiterGone: text("waiter_gone"),
    decidedAt: time("decided_at"),
    /** an approval that was not released by then lapses */
    approvalUntil: time("approval_until"),
    releasedAt: time("released_at"),
    ticketInstance: text("ticket_instance"),
    ticketNonce: text("ticket_nonce"),
    ticketExpiresAt: time("ticket_expires_at"),
    finishedAt: time("finished_at"),
    durationMs: integer("duration_ms"),
    /** why it ended without an execution, in our own words */
    endReason: text("end_reason"),
  },
  (t) => [
    uniqueIndex("requests_nonce_key").on(t.agentId, t.nonce),
    index("requests_waiting_idx").on(t.expiresAt).where(sql`state in ('pending','approved','released')`),
    index("requests_created_idx").on(t.createdAt, t.id),
    index("requests_state_created_idx").on(t.state, t.createdAt, t.id),
    index("requests_server_created_idx").on(t.serverId, t.createdAt, t.id),
    index("requests_attach_idx").on(t.identityId, t.callDigest).where(sql`state in ('pending','approved')`),
    index("requests_tool_history_idx").on(t.serverId, t.toolName, t.createdAt),
    index("requests_identity_idx").on(t.identityId, t.createdAt),
    check(
      "requests_state_known",
      sql`state in ('pending','approved','denied','expired','cancelled','invalidated','withdrawn','released','executed','failed','outcome_unknown','ticket_expired','refused_by_agent')`,
    ),
    check("requests_tier_known", sql`tier in ('low','medium','high','critical')`),
  ],
);

/** Arguments, encrypted under the payload key outside the database (AES-256-GCM, bound to request and kind). */
export const requestPayloads = pgTable(
  "request_payloads",
  {
    requestId: text("request_id")
      .notNull()
      .references(() => requests.id),
    kind: text("kind").notNull(),
    keyId: text("key_id").notNull(),
    iv: bytea("iv").notNull(),
    ciphertext: bytea("ciphertext").notNull(),
    bytes: integer("bytes").notNull(),
    /** shown without a reveal: how many values were masked */
    masked: integer("masked").notNull().default(0),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.requestId, t.kind] })],
);

export const votes = pgTable(
  "votes",
  {
    id: id().primaryKey(),
    requestId: text("request_id")
      .notNull()
      .references(() => requests.id),
    voterType: text("voter_type").notNull(),
    voterId: text("voter_id").notNull(),
    voterName: text("voter_name").notNull(),
    verdict: text("verdict").notNull(),
    reason: text("reason"),
    digest: text("digest").notNull(),
    surface: text("surface").notNull(),
    /** when this voter first opened the arguments; null: decided unseen */
    openedAt: time("opened_at"),
    ownCall: boolean("own_call").notNull().default(false),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex("votes_once").on(t.requestId, t.voterType, t.voterId)],
);

/** At most one row a request: the primary key makes a second decision impossible. */
export const decisions = pgTable(
  "decisions",
  {
    requestId: text("request_id")
      .primaryKey()
      .references(() => requests.id),
    verdict: text("verdict").notNull(),
    deciderType: text("decider_type").notNull(),
    deciderId: text("decider_id").notNull(),
    deciderName: text("decider_name").notNull(),
    reason: text("reason"),
    digest: text("digest").notNull(),
    auditId: text("audit_id").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    check("decisions_verdict_known", sql`verdict in ('approve','deny')`),
    index("decisions_decider_idx").on(t.deciderId),
  ],
);

/** First time each person opened a request's arguments, and whether masked values were revealed. */
export const payloadViews = pgTable(
  "payload_views",
  {
    requestId: text("request_id")
      .notNull()
      .references(() => requests.id),
    viewerId: text("viewer_id").notNull(),
    openedAt: createdAt(),
    revealedAt: time("revealed_at"),
  },
  (t) => [primaryKey({ columns: [t.requestId, t.viewerId] })],
);

/** Queue of notices: written with the hold, delivered by the background worker with retries. */
export const notices = pgTable(
  "notices",
  {
    id: id().primaryKey(),
    requestId: text("request_id")
      .notNull()
      .references(() => requests.id),
    channel: text("channel").notNull(),
    kind: text("kind").notNull(),
    userId: text("user_id").references(() => users.id),
    state: text("state").notNull().default("queued"),
    attempts: integer("attempts").notNull().default(0),
    nextAttemptAt: time("next_attempt_at").notNull().defaultNow(),
    lastError: text("last_error"),
    createdAt: createdAt(),
    deliveredAt: time("delivered_at"),
  },
  (t) => [
    index("notices_due_idx").on(t.nextAttemptAt).where(sql`state = 'queued'`),
    index("notices_request_idx").on(t.requestId),
    check("notices_channel_known", sql`channel in ('email','webhook')`),
    check("notices_kind_known", sql`kind in ('held','outcome')`),
    check("notices_state_known", sql`state in ('queued','delivered','failed','obsolete')`),
  ],
);
