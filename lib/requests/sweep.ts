import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { systemContext } from "@/lib/core/context";
import { newId } from "@/lib/core/ids";
import { notify } from "@/lib/core/installation";
import { record } from "@/lib/core/record";

const BATCH = 200;
/** After its ticket ended and its instance fell silent for this long, a released call's outcome is unknown. */
const SILENT_SECONDS = 30;

interface Swept extends Record<string, unknown> {
  id: string;
  was: string;
  state: string;
  server_id: string;
  agent_id: string;
  tool_id: string | null;
  identity_id: string;
  name: string;
}

/**
 * Ends what time has ended: pending past its limit, approvals nobody released, tickets whose holder is gone.
 * Safe in many processes at once (SKIP LOCKED). Returns how many rows changed.
 */
export async function sweepRequests(): Promise<number> {
  return db().transaction(async (tx) => {
    const { rows } = await tx.execute<Swept>(sql`
      with due as (
        select r.id, r.state as was from requests r
        where (r.state = 'pending' and r.expires_at <= now())
           or (r.state = 'approved' and r.approval_until <= now())
           or (r.state = 'released' and r.ticket_expires_at <= now() and not exists (
                select 1 from agent_instances i where i.agent_id = r.agent_id and i.id = r.ticket_instance
                  and i.last_seen_at > now() - make_interval(secs => ${SILENT_SECONDS})))
        order by r.expires_at limit ${BATCH} for update skip locked
      )
      update requests r set
        state = case due.was when 'released' then 'outcome_unknown' else 'expired' end,
        finished_at = now(),
        end_reason = case due.was
          when 'pending' then 'Nobody decided in time'
          when 'approved' then 'Approved, but not released in time'
          else 'Released, but the agent never told how it ended' end
      from due where r.id = due.id
      returning r.id, due.was, r.state, r.server_id, r.agent_id, r.tool_id, r.identity_id, coalesce(r.tool_name, r.method) as name`);
    const system = systemContext("clock", newId("http"));
    for (const row of rows) {
      const about = {
        subject: { type: "request", id: row.id, name: row.name },
        serverId: row.server_id,
        toolId: row.tool_id,
        identityId: row.identity_id,
        requestId: row.id,
      };
      if (row.was === "released") {
        await record(tx, system, "request.finish", {
          ...about,
          outcome: "failed",
          detail: { outcome: "unknown", durationMs: 0 },
        });
      } else {
        await record(tx, system, "request.expire", { ...about, detail: { from: row.was } });
      }
      await notify(tx, {
        t: "request",
        id: row.id,
        state: row.state,
        server: row.server_id,
        agent: row.agent_id,
      });
    }
    return rows.length;
  });
}

/** Milliseconds until the next deadline by Postgres' clock, at most `cap`. */
export async function untilNextDeadline(cap: number): Promise<number> {
  const { rows } = await db().execute<{ ms: number | null }>(sql`
    select (extract(epoch from min(at) - now()) * 1000)::float8 as ms from (
      select min(expires_at) as at from requests where state = 'pending'
      union all select min(approval_until) from requests where state = 'approved') deadlines`);
  const ms = rows[0]?.ms;
  return ms === null || ms === undefined ? cap : Math.min(cap, Math.max(20, ms + 5));
}
