import { and, asc, eq, sql } from "drizzle-orm";
import type { RiskClass, Tier } from "@/agent/contract/vocabulary";
import { db } from "@/db/client";
import { servers } from "@/db/schema/servers";
import { tools } from "@/db/schema/tools";
import { query } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import type { Page } from "@/lib/core/paging";
import { listToolsInput, serverIdInput, type ToolView } from "@/lib/servers/schemas";

const joined = () =>
  db()
    .select({ tool: tools, serverName: servers.name })
    .from(tools)
    .innerJoin(servers, eq(servers.id, tools.serverId))
    .$dynamic();

function present({ tool, serverName }: { tool: typeof tools.$inferSelect; serverName: string }): ToolView {
  return {
    id: tool.id,
    server: { id: tool.serverId, name: serverName },
    name: tool.name,
    title: tool.title,
    state: tool.state,
    digest: tool.liveDigest,
    riskClass: tool.riskClass as RiskClass,
    tier: tool.tier as Tier,
    reasons: tool.reasons,
    findings: [],
    lastSeenAt: tool.lastSeenAt.toISOString(),
    gone: tool.goneAt !== null,
  };
}

/** Tools as agents listed them, by id (the order in which they were first seen). */
export const listTools = query({
  permission: "servers.read",
  input: listToolsInput,
  async run({ context, input }): Promise<Page<ToolView>> {
    const rows = await joined()
      .where(
        and(
          context.role === "member" ? eq(servers.ownerId, context.id) : undefined,
          input.state ? eq(tools.state, input.state) : undefined,
          input.server
            ? sql`(${servers.id} = ${input.server} or ${servers.name} = ${input.server})`
            : undefined,
          input.cursor ? sql`${tools.id} > ${input.cursor}` : undefined,
        ),
      )
      .orderBy(asc(tools.id))
      .limit(input.limit + 1);
    const page = rows.slice(0, input.limit);
    return {
      items: page.map(present),
      nextCursor: rows.length > input.limit ? (page.at(-1)?.tool.id ?? null) : null,
    };
  },
});

export const getTool = query({
  permission: "servers.read",
  input: serverIdInput,
  async run({ context, input }): Promise<ToolView> {
    const [row] = await joined().where(
      and(eq(tools.id, input.id), context.role === "member" ? eq(servers.ownerId, context.id) : undefined),
    );
    if (!row) throw new AppError("not_found", "There is no such tool.");
    return present(row);
  },
});
