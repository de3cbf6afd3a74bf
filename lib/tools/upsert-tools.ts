import { and, eq, isNull, notInArray, sql } from "drizzle-orm";
import type { ToolFacts } from "@/agent/contract/v1";
import type { Tx } from "@/db/client";
import { tools } from "@/db/schema/tools";
import { newId } from "@/lib/core/ids";

/** A tool as an agent saw it at a call; knows only what the call tells. Returns its id. */
export async function upsertTool(tx: Tx, serverId: string, tool: ToolFacts): Promise<string> {
  const [row] = await tx
    .insert(tools)
    .values({
      id: newId("tool"),
      serverId,
      name: tool.name,
      liveDigest: tool.digest,
      riskClass: tool.riskClass,
      tier: tool.tier,
      reasons: tool.reasons,
      annotations: tool.annotations,
    })
    .onConflictDoUpdate({ target: [tools.serverId, tools.name], set: { lastSeenAt: sql`now()` } })
    .returning({ id: tools.id });
  if (!row) throw new Error("the tool was not stored");
  return row.id;
}

type Listed = ToolFacts & { digest: string; title: string | null };

/** Takes a complete listing: new, changed and gone tools. Returns how many of each. */
export async function takeListing(tx: Tx, serverId: string, listed: readonly Listed[]) {
  const before = await tx
    .select({ name: tools.name, digest: tools.liveDigest, goneAt: tools.goneAt })
    .from(tools)
    .where(eq(tools.serverId, serverId));
  const standing = new Map(before.map((tool) => [tool.name, tool]));
  const unique = [...new Map(listed.map((tool) => [tool.name, tool])).values()];
  for (const tool of unique) {
    const facts = {
      title: tool.title,
      liveDigest: tool.digest,
      riskClass: tool.riskClass,
      tier: tool.tier,
      reasons: tool.reasons,
      annotations: tool.annotations,
    };
    await tx
      .insert(tools)
      .values({ id: newId("tool"), serverId, name: tool.name, ...facts })
      .onConflictDoUpdate({
        target: [tools.serverId, tools.name],
        set: { ...facts, lastSeenAt: sql`now()`, goneAt: null },
      });
  }
  const names = unique.map((tool) => tool.name);
  const gone = await tx
    .update(tools)
    .set({ goneAt: sql`now()` })
    .where(
      and(
        eq(tools.serverId, serverId),
        isNull(tools.goneAt),
        names.length > 0 ? notInArray(tools.name, names) : undefined,
      ),
    )
    .returning({ id: tools.id });
  const added = names.filter((name) => !standing.has(name)).length;
  const changed = unique.filter((tool) => {
    const was = standing.get(tool.name);
    return was !== undefined && was.digest !== tool.digest;
  }).length;
  return { added, changed, gone: gone.length, tools: names.length };
}
