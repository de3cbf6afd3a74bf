import { sql } from "drizzle-orm";
import { z } from "zod";
import { db } from "@/db/client";
import { query } from "@/lib/core/command";
import { type Channel, configuredChannels } from "./channels";
import type { channelStatusView } from "./schemas";

/** Whether notices leave the house, by channel, over the last seven days. */
export const channelStatus = query({
  permission: "notices.read",
  input: z.object({}),
  async run(): Promise<z.infer<typeof channelStatusView>> {
    const { rows } = await db().execute<{
      channel: Channel;
      queued: number;
      delivered: number;
      failed: number;
      error: string | null;
    }>(sql`
      select channel, count(*) filter (where state = 'queued')::int as queued, count(*) filter (where state = 'delivered')::int as delivered,
        count(*) filter (where state = 'failed')::int as failed,
        (array_agg(last_error order by created_at desc) filter (where last_error is not null))[1] as error
      from notices where created_at > now() - interval '7 days' group by channel`);
    const configured = configuredChannels();
    return {
      channels: (["email", "webhook"] as const).map((kind) => {
        const row = rows.find((r) => r.channel === kind);
        return {
          kind,
          configured: configured.includes(kind),
          queued: row?.queued ?? 0,
          delivered: row?.delivered ?? 0,
          failed: row?.failed ?? 0,
          lastError: row?.error ?? null,
        };
      }),
    };
  },
});

/** For a waiting client: nothing got out to anybody. Null when something was delivered, or nothing was tried yet. */
export async function undelivered(requestId: string): Promise<string | null> {
  const { rows } = await db().execute<{ delivered: number; failing: number }>(sql`
    select count(*) filter (where state = 'delivered')::int as delivered, count(*) filter (where last_error is not null)::int as failing
    from notices where request_id = ${requestId} and kind = 'held'`);
  const row = rows[0];
  return row && row.delivered === 0 && row.failing > 0
    ? "No notice could be delivered to anybody who may decide this."
    : null;
}
