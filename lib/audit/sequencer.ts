import { inArray, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { auditEntries, auditLeaves, auditQueue } from "@/db/schema/audit";
import { notify } from "@/lib/core/installation";
import { entryText, leafHash } from "./entry";

const LOCK = 7_237_003;
const BATCH = 500;

/**
 * Gives queued entries their contiguous index and leaf hash. One process at a time by an advisory lock that ends with
 * its transaction, so that another takes over at once when this one dies. Returns how many it ordered, or null when
 * another process holds the lock.
 */
export async function sequence(): Promise<number | null> {
  return db().transaction(async (tx) => {
    const { rows } = await tx.execute<{ mine: boolean }>(
      sql`select pg_try_advisory_xact_lock(${LOCK}) as mine`,
    );
    if (!rows[0]?.mine) return null;
    const queued = await tx.select().from(auditQueue).orderBy(auditQueue.position).limit(BATCH);
    if (queued.length === 0) return 0;
    const times = queued.map((q) => q.entryTime.getTime());
    // The bounds let Postgres look into one or two months only; the day of slack covers rounding and zones.
    const found = await tx
      .select()
      .from(auditEntries)
      .where(
        sql`${inArray(
          auditEntries.id,
          queued.map((q) => q.entryId),
        )} and ${auditEntries.time} between ${new Date(Math.min(...times) - 86_400_000).toISOString()}::timestamptz and ${new Date(
          Math.max(...times) + 86_400_000,
        ).toISOString()}::timestamptz`,
      );
    const byId = new Map(found.map((row) => [row.id, row]));
    const { rows: last } = await tx.execute<{ next: string }>(
      sql`select coalesce(max(index) + 1, 0)::text as next from audit_leaves`,
    );
    let next = Number(last[0]?.next ?? 0);
    const leaves = queued.map((q) => {
      const row = byId.get(q.entryId);
      if (!row) throw new Error(`a queued audit entry is missing: ${q.entryId}`);
      return { index: next++, entryTime: row.time, entryId: row.id, leafHash: leafHash(entryText(row)) };
    });
    await tx.insert(auditLeaves).values(leaves);
    await tx.delete(auditQueue).where(
      inArray(
        auditQueue.position,
        queued.map((q) => q.position),
      ),
    );
    await notify(tx, { t: "audit" });
    return leaves.length;
  });
}

export async function logState(): Promise<{ size: number; queued: number; oldestMs: number }> {
  const { rows } = await db().execute<{ size: string; queued: string; oldest: number | null }>(sql`
    select (select coalesce(max(index) + 1, 0) from audit_leaves)::text as size,
      (select count(*) from audit_queue)::text as queued,
      (select extract(epoch from now() - min(entry_time)) * 1000 from audit_queue)::float8 as oldest`);
  const row = rows[0];
  return { size: Number(row?.size ?? 0), queued: Number(row?.queued ?? 0), oldestMs: row?.oldest ?? 0 };
}
