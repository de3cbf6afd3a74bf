import { eq, inArray, sql } from "drizzle-orm";
import { DEFAULT_POLICY } from "@/agent/contract/policy";
import { db, type Tx } from "@/db/client";
import { CHANNEL } from "@/db/listen";
import { installation, keys as keyTable, policyVersions } from "@/db/schema/policy";
import { systemContext } from "./context";
import { sha256 } from "./crypto";
import { env } from "./env";
import { newId } from "./ids";
import { keyIds } from "./keys";
import { record } from "./record";

const LOCK = 7_237_002;

export type Installation = typeof installation.$inferSelect;

/**
 * Makes the installation's one row, the first policy and the key registry, or compares with what stands there.
 * Throws when this process's keys are not the database's: it could neither read payloads nor be believed by agents.
 */
export async function ensureInstallation({ demo = false } = {}): Promise<void> {
  await db().transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCK})`);
    const mine = keyIds();
    const standing = await tx
      .select()
      .from(keyTable)
      .where(
        inArray(
          keyTable.use,
          mine.map((k) => k.use),
        ),
      );
    for (const key of mine) {
      const other = standing.find((k) => k.use === key.use);
      if (other && other.kid !== key.kid) {
        throw new Error(
          `The ${key.use} key of this process (${key.kid}) is not the one this database knows (${other.kid}). ` +
            "Restore the key files, or point ASSENTRY_KEYS_DIR at them.",
        );
      }
    }
    const missing = mine.filter((key) => !standing.some((k) => k.use === key.use));
    if (missing.length > 0) await tx.insert(keyTable).values(missing);
    const [row] = await tx.select({ id: installation.id }).from(installation);
    if (row) return;
    const documentText = JSON.stringify(DEFAULT_POLICY);
    await tx.insert(policyVersions).values({
      version: 1,
      digest: sha256(documentText),
      documentText,
      comment: "Shipped policy: reading passes, everything else waits for a person",
      publishedBy: "system",
      publishedByName: "Assentry",
    });
    await tx.insert(installation).values({ installationId: newId("srv").slice(4), policyVersion: 1, demo });
    await record(tx, systemContext("first start", newId("http")), "policy.install", {
      subject: { type: "policy", id: "1", name: "version 1" },
      detail: { version: 1 },
      afterDigest: sha256(documentText),
    });
  });
}

/** The standing row. Throws when the database was never prepared. */
export async function readInstallation(tx: Pick<Tx, "select"> = db()): Promise<Installation> {
  const [row] = await tx.select().from(installation).where(eq(installation.id, 1));
  if (!row) throw new Error("The database is not prepared: run `npm run -s assentry -- db migrate`.");
  return row;
}

/** Raises the position of all bundles, and wakes every process: call it in the transaction that changes a bundle. */
export async function advanceBundles(tx: Tx): Promise<void> {
  await tx
    .update(installation)
    .set({ seq: sql`${installation.seq} + 1` })
    .where(eq(installation.id, 1));
  await notify(tx, { t: "bundle" });
}

/** Sends a hint when the transaction commits. Only for what people and agents wait for: NOTIFY serialises commits. */
export async function notify(tx: Pick<Tx, "execute">, hint: Record<string, unknown>): Promise<void> {
  await tx.execute(sql`select pg_notify(${CHANNEL}, ${JSON.stringify(hint)})`);
}

/**
 * True when the application's role cannot rewrite the trail. In production an owner's role is refused
 * unless ASSENTRY_ALLOW_OWNER_ROLE=1; then it answers false, and health says so.
 */
export async function checkAppendOnly(): Promise<boolean> {
  const { rows } = await db().execute<{ may: boolean }>(sql`
    select bool_or(pg_has_role(current_user, c.relowner, 'MEMBER') or has_table_privilege(current_user, c.oid, 'UPDATE')
      or has_table_privilege(current_user, c.oid, 'DELETE') or has_table_privilege(current_user, c.oid, 'TRUNCATE')) as may
    from pg_class c where c.oid in ('audit_entries'::regclass, 'audit_leaves'::regclass)`);
  if (!rows[0]?.may) return true;
  if (env().production && !env().allowOwnerRole) {
    throw new Error(
      "DATABASE_URL's role may rewrite the audit trail. Give it a role of its own (see docs/production.md), " +
        "or set ASSENTRY_ALLOW_OWNER_ROLE=1 and live with it.",
    );
  }
  return false;
}
