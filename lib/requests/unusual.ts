import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import type { requests } from "@/db/schema/requests";

/** What stands out about a call, from facts only, in our own words. Never a guess. */
export async function whatIsUnusual(row: typeof requests.$inferSelect): Promise<string[]> {
  const { rows } = await db().execute<{
    by_caller: number;
    same: number;
    hour: number;
    same_hour: number;
    others: number;
    recent: number;
  }>(sql`
    select
      count(*) filter (where identity_id = ${row.identityId})::int as by_caller,
      count(*) filter (where call_digest = ${row.callDigest})::int as same,
      count(*) filter (where identity_id = ${row.identityId} and created_at > ${row.createdAt}::timestamptz - interval '10 minutes')::int as recent,
      count(*)::int as others
    from requests
    where server_id = ${row.serverId} and tool_name is not distinct from ${row.toolName} and id <> ${row.id} and created_at < ${row.createdAt}::timestamptz
      and created_at > ${row.createdAt}::timestamptz - interval '90 days'`);
  const seen = rows[0];
  if (!seen) return [];
  const out: string[] = [];
  if (seen.others === 0) out.push("First held call of this tool on this server");
  else if (seen.by_caller === 0) out.push("First held call of this tool by this caller");
  if (seen.others > 0 && seen.same === 0) out.push("These arguments were never asked before");
  if (seen.same > 0)
    out.push(`The same call was asked ${seen.same === 1 ? "once" : `${seen.same} times`} before`);
  if (seen.recent >= 5) out.push(`${seen.recent} calls of this tool by this caller in the 10 minutes before`);
  if (row.toolDigest === null) out.push("The server never listed this tool: its definition is unknown");
  if (row.hold.conditionErrors.length > 0)
    out.push("A rule's condition could not be evaluated and counted as met");
  return out;
}
