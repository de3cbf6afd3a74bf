import { sql } from "drizzle-orm";
import { bigint, boolean, check, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { createdAt, id } from "./columns";

/** Append-only: each publish is a new version. The document is kept as text, because its digest covers the text. */
export const policyVersions = pgTable("policy_versions", {
  version: integer("version").primaryKey(),
  digest: text("digest").notNull(),
  documentText: text("document_text").notNull(),
  comment: text("comment"),
  publishedBy: text("published_by").notNull(),
  publishedByName: text("published_by_name").notNull(),
  createdAt: createdAt(),
});

/** One row. (epoch, seq) numbers the bundles of all servers: whatever changes one raises seq in the same transaction. */
export const installation = pgTable(
  "installation",
  {
    id: integer("id").primaryKey().default(1),
    installationId: id("installation_id").notNull(),
    epoch: integer("epoch").notNull().default(1),
    seq: bigint("seq", { mode: "number" }).notNull().default(1),
    policyVersion: integer("policy_version").notNull(),
    posture: text("posture").notNull().default("single_operator"),
    demo: boolean("demo").notNull().default(false),
    settings: jsonb("settings").$type<Record<string, unknown>>().notNull().default({}),
    createdAt: createdAt(),
  },
  () => [
    check("installation_single", sql`id = 1`),
    check("installation_posture_known", sql`posture in ('single_operator','four_eyes')`),
  ],
);

/** Public halves (and ids of symmetric keys): a process whose keys differ refuses to start. */
export const keys = pgTable("keys", {
  kid: text("kid").primaryKey(),
  use: text("use").notNull(),
  publicKey: text("public_key"),
  createdAt: createdAt(),
});
