import { and, eq } from "drizzle-orm";
import { db } from "@/db/client";
import type { Hint } from "@/db/listen";
import { requests } from "@/db/schema/requests";
import { agents, servers } from "@/db/schema/servers";
import type { Context } from "@/lib/core/context";
import { visibleTo } from "./list-requests";

/** Whether somebody may hear a hint: who sees no request of others hears of none either, not even its id. */
export async function hears(context: Context, hint: Hint): Promise<boolean> {
  const limits = visibleTo(context);
  if (hint.t !== "request" || limits === undefined) return true;
  const rows = await db()
    .select({ id: requests.id })
    .from(requests)
    .innerJoin(servers, eq(servers.id, requests.serverId))
    .innerJoin(agents, eq(agents.id, requests.agentId))
    .where(and(eq(requests.id, hint.id), limits));
  return rows.length > 0;
}
