import { and, asc, eq, inArray, isNull, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { users } from "@/db/schema/auth";
import { requests } from "@/db/schema/requests";
import { agentInstances, agents, servers } from "@/db/schema/servers";
import { tools } from "@/db/schema/tools";
import { query } from "@/lib/core/command";
import type { Context } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { readInstallation } from "@/lib/core/installation";
import type { Page } from "@/lib/core/paging";
import { listServersInput, type ServerView, serverIdInput } from "./schemas";

/** Names are unique, so the cursor is the last name. */
const base = (context: Context) => {
  const own = context.role === "member" ? sql`${servers.ownerId} = ${context.id}` : undefined;
  return {
    own,
    select: () =>
      db()
        .select({ server: servers, owner: users })
        .from(servers)
        .leftJoin(users, eq(users.id, servers.ownerId))
        .$dynamic(),
  };
};
type Row = { server: typeof servers.$inferSelect; owner: typeof users.$inferSelect | null };

async function present(rows: Row[]): Promise<ServerView[]> {
  const ids = rows.map((row) => row.server.id);
  if (ids.length === 0) return [];
  const inst = await readInstallation();
  const count = sql<number>`count(*)::int`;
  const [agentRows, live, toolCounts, waiting] = await Promise.all([
    db()
      .select()
      .from(agents)
      .where(and(inArray(agents.serverId, ids), isNull(agents.revokedAt)))
      .orderBy(asc(agents.createdAt)),
    db()
      .select({ agentId: agentInstances.agentId, n: count })
      .from(agentInstances)
      .innerJoin(agents, eq(agents.id, agentInstances.agentId))
      .where(and(inArray(agents.serverId, ids), sql`${agentInstances.lastSeenAt} > now() - interval '5 s'`))
      .groupBy(agentInstances.agentId),
    db()
      .select({ id: tools.serverId, n: count })
      .from(tools)
      .where(and(inArray(tools.serverId, ids), isNull(tools.goneAt)))
      .groupBy(tools.serverId),
    db()
      .select({ id: requests.serverId, n: count })
      .from(requests)
      .where(and(inArray(requests.serverId, ids), eq(requests.state, "pending")))
      .groupBy(requests.serverId),
  ]);
  return rows.map(({ server, owner }) => {
    const mine = agentRows.filter((agent) => agent.serverId === server.id);
    const lastSeen = mine
      .map((agent) => agent.lastSeenAt?.getTime() ?? 0)
      .reduce((a, b) => Math.max(a, b), 0);
    const observing =
      server.mode === "observe" && server.observeUntil !== null && server.observeUntil.getTime() > Date.now();
    return {
      id: server.id,
      name: server.name,
      description: server.description,
      environment: server.environment,
      owner: owner ? { id: owner.id, name: owner.name } : null,
      mode: observing ? ("observe" as const) : ("enforce" as const),
      observe: observing
        ? { reason: server.observeReason ?? "", until: (server.observeUntil as Date).toISOString() }
        : null,
      enforcement: server.enforcement,
      serverInfo: server.serverInfo,
      tools: toolCounts.find((row) => row.id === server.id)?.n ?? 0,
      waiting: waiting.find((row) => row.id === server.id)?.n ?? 0,
      agents: mine.map((agent) => ({
        id: agent.id,
        version: agent.version,
        hostname: agent.hostname,
        platform: agent.platform,
        osUser: agent.osUser,
        enrolledAt: agent.createdAt.toISOString(),
        lastSeenAt: agent.lastSeenAt?.toISOString() ?? null,
        connected: live.find((row) => row.agentId === agent.id)?.n ?? 0,
        upToDate: agent.ackEpoch === inst.epoch && agent.ackSeq === inst.seq,
      })),
      lastSeenAt: lastSeen > 0 ? new Date(lastSeen).toISOString() : null,
      lastListedAt: server.lastListedAt?.toISOString() ?? null,
      createdAt: server.createdAt.toISOString(),
    };
  });
}

/** The inventory by name. A member sees the servers they own. */
export const listServers = query({
  permission: "servers.read",
  input: listServersInput,
  async run({ context, input }): Promise<Page<ServerView>> {
    const { own, select } = base(context);
    const words = input.q ? `%${input.q.replace(/[\\%_]/g, "\\$&")}%` : null;
    const rows = await select()
      .where(
        and(
          own,
          isNull(servers.archivedAt),
          words ? sql`${servers.name} ilike ${words}` : undefined,
          input.cursor ? sql`${servers.name} > ${input.cursor}` : undefined,
        ),
      )
      .orderBy(asc(servers.name))
      .limit(input.limit + 1);
    const page = rows.slice(0, input.limit);
    return {
      items: await present(page),
      nextCursor: rows.length > input.limit ? (page.at(-1)?.server.name ?? null) : null,
    };
  },
});

export const getServer = query({
  permission: "servers.read",
  input: serverIdInput,
  async run({ context, input }): Promise<ServerView> {
    const { own, select } = base(context);
    const [view] = await present(await select().where(and(own, eq(servers.id, input.id))));
    if (!view) throw new AppError("not_found", "There is no such server.");
    return view;
  },
});
