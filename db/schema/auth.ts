import { sql } from "drizzle-orm";
import { boolean, check, index, integer, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { createdAt, id, time } from "./columns";

const ROLE = sql`role in ('owner','admin','approver','auditor','member')`;

export const users = pgTable(
  "users",
  {
    id: id().primaryKey(),
    name: text("name").notNull(),
    email: text("email").notNull(),
    emailVerified: time("email_verified"),
    image: text("image"),
    /** null: may sign in, may do nothing (an OpenID account before somebody gave it a role) */
    role: text("role"),
    passwordHash: text("password_hash"),
    mustChangePassword: boolean("must_change_password").notNull().default(false),
    disabledAt: time("disabled_at"),
    /** when the present role was given: a newly promoted person cannot decide what already waits (decision 18) */
    roleSince: time("role_since").notNull().defaultNow(),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex("users_email_key").on(sql`lower(${t.email})`),
    check("users_role_known", sql`role is null or ${ROLE}`),
  ],
);

export const accounts = pgTable(
  "accounts",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    type: text("type").notNull(),
    provider: text("provider").notNull(),
    providerAccountId: text("provider_account_id").notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.provider, t.providerAccountId] }),
    index("accounts_user_idx").on(t.userId),
  ],
);

/** `tokenHash`: SHA-256 of the cookie's value. Nothing here signs anybody in. */
export const sessions = pgTable(
  "sessions",
  {
    tokenHash: text("token_hash").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    expires: time("expires").notNull(),
    createdAt: createdAt(),
    lastSeenAt: time("last_seen_at").notNull().defaultNow(),
    ip: text("ip"),
    userAgent: text("user_agent"),
  },
  (t) => [index("sessions_user_idx").on(t.userId)],
);

export const apiTokens = pgTable(
  "api_tokens",
  {
    id: id().primaryKey(),
    name: text("name").notNull(),
    role: text("role").notNull(),
    tokenHash: text("token_hash").notNull().unique(),
    createdBy: text("created_by").references(() => users.id),
    createdAt: createdAt(),
    expiresAt: time("expires_at"),
    lastUsedAt: time("last_used_at"),
    revokedAt: time("revoked_at"),
  },
  () => [check("api_tokens_role_known", ROLE)],
);

/** Sliding counters: failed sign-ins per account and per source, anonymous refusals per source and minute. */
export const throttles = pgTable(
  "throttles",
  {
    key: text("key").notNull(),
    window: time("window").notNull(),
    count: integer("count").notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.key, t.window] })],
);
