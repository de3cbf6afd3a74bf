import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import type { AgentContext } from "@/lib/core/context";
import { log } from "@/lib/core/log";
import { record } from "@/lib/core/record";

/**
 * An agent's numbers went on without what lies between: events are lost, or somebody keeps them back (T7). One entry
 * for each gap, however often the agent sends it again. Never throws: the refusal itself stands either way.
 */
export async function noteGap(
  agent: AgentContext,
  gap: { instance: string; expected: number; got: number },
): Promise<void> {
  const { instance, expected, got } = gap;
  try {
    await db().transaction(async (tx) => {
      const { rows } = await tx.execute<{ count: number }>(sql`
        insert into throttles (key, "window", count)
        values (${`gap:${agent.id}:${instance}:${expected}`}, date_trunc('day', now()), 1)
        on conflict (key, "window") do update set count = throttles.count + 1 returning count`);
      if (rows[0]?.count !== 1) return;
      await record(tx, agent, "agent.gap", {
        subject: { type: "instance", id: instance, name: agent.name },
        outcome: "failed",
        reason: "The agent's events skip numbers",
        serverId: agent.serverId,
        detail: { expected, got },
      });
    });
  } catch (error) {
    log.error("a gap in an agent's events could not be recorded", { agent: agent.id, error });
  }
}
