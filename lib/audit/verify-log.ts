import { and, asc, eq, gte, sql } from "drizzle-orm";
import { z } from "zod";
import { db } from "@/db/client";
import { auditEntries, auditLeaves } from "@/db/schema/audit";
import { query } from "@/lib/core/command";
import { entryText, leafHash } from "./entry";

const PAGE = 1000;

/** Entries with neither a leaf nor a place in the queue: somebody took them out before the sequencer came. One snapshot. */
async function leftOut(): Promise<string[]> {
  const { rows } = await db().execute<{ id: string }>(sql`
    select e.id from audit_entries e
    where not exists (select 1 from audit_leaves l where l.entry_id = e.id)
      and not exists (select 1 from audit_queue q where q.entry_id = e.id)
    order by e.time, e.id limit 100`);
  return rows.map((row) => `entry ${row.id} was kept out of the log`);
}

/**
 * Recomputes every leaf from its entry, checks that the indexes are contiguous, and that no entry was left out.
 * Reads the whole log.
 */
export const verifyLog = query({
  permission: "audit.read",
  input: z.object({}),
  async run(): Promise<{ ok: boolean; size: number; problems: string[] }> {
    const problems: string[] = [];
    let next = 0;
    for (;;) {
      const rows = await db()
        .select({ leaf: auditLeaves, entry: auditEntries })
        .from(auditLeaves)
        .leftJoin(
          auditEntries,
          and(eq(auditEntries.id, auditLeaves.entryId), eq(auditEntries.time, auditLeaves.entryTime)),
        )
        .where(gte(auditLeaves.index, next))
        .orderBy(asc(auditLeaves.index))
        .limit(PAGE);
      for (const { leaf, entry } of rows) {
        if (leaf.index !== next) problems.push(`index ${next} is missing`);
        if (!entry) problems.push(`entry ${leaf.entryId} at index ${leaf.index} is missing`);
        else if (leafHash(entryText(entry)) !== leaf.leafHash)
          problems.push(`entry ${leaf.entryId} at index ${leaf.index} was altered`);
        next = leaf.index + 1;
        if (problems.length >= 100) return { ok: false, size: next, problems };
      }
      if (rows.length < PAGE) {
        problems.push(...(await leftOut()));
        return { ok: problems.length === 0, size: next, problems };
      }
    }
  },
});
