import { and, eq, isNull, sql } from "drizzle-orm";
import { type EnrolInput, type EnrolOutput, enrolInput } from "@/agent/contract/v1";
import { db } from "@/db/client";
import { agents, enrolmentTokens, servers } from "@/db/schema/servers";
import { command } from "@/lib/core/command";
import type { Context } from "@/lib/core/context";
import { sha256 } from "@/lib/core/crypto";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { notify } from "@/lib/core/installation";
import { consoleKeys, keys } from "@/lib/core/keys";
import { log } from "@/lib/core/log";
import { record } from "@/lib/core/record";

async function answer(agentId: string, server: { id: string; name: string }): Promise<EnrolOutput> {
  return {
    agentId,
    serverId: server.id,
    serverName: server.name,
    consoleKeys: consoleKeys(),
    fingerprintKey: keys().fingerprint.bytes.toString("base64url"),
    time: new Date().toISOString(),
  };
}

const redeem = command({
  permission: "anonymous",
  action: "agent.enrol",
  input: enrolInput,
  async run({ tx, input }) {
    const [found] = await tx
      .select({ token: enrolmentTokens, server: servers })
      .from(enrolmentTokens)
      .innerJoin(servers, eq(servers.id, enrolmentTokens.serverId))
      .where(eq(enrolmentTokens.tokenHash, sha256(input.token)))
      .for("update", { of: enrolmentTokens });
    if (!found) throw new AppError("unauthenticated", "This enrolment token is not valid.");
    const { token, server } = found;
    if (server.name !== input.server) {
      throw new AppError("forbidden", "This enrolment token is for another server.", {
        details: { server: server.name },
      });
    }
    const entryOf = (agentId: string, again: boolean) => ({
      action: "agent.enrol" as const,
      subject: { type: "agent", id: agentId, name: `${server.name} on ${input.host.hostname}` },
      serverId: server.id,
      reason: again ? "the same key again" : null,
      detail: { version: input.agentVersion, hostname: input.host.hostname, osUser: input.host.osUser },
    });
    if (token.usedAt) {
      const [same] = await tx.select().from(agents).where(eq(agents.publicKey, input.publicKey));
      // A lost reply is asked for again by the same key; anybody else holds a stolen token.
      if (token.usedByKey !== input.publicKey || !same) {
        throw new AppError("token_used", "This enrolment token was used already.", {
          details: { server: server.name, serverId: server.id },
        });
      }
      return { result: await answer(same.id, server), entries: [entryOf(same.id, true)] };
    }
    const [live] = await tx
      .update(enrolmentTokens)
      .set({ usedAt: sql`now()`, usedByKey: input.publicKey })
      .where(
        and(
          eq(enrolmentTokens.id, token.id),
          isNull(enrolmentTokens.usedAt),
          sql`${enrolmentTokens.expiresAt} > now()`,
        ),
      )
      .returning({ id: enrolmentTokens.id });
    if (!live) throw new AppError("unauthenticated", "This enrolment token has expired; make a new one.");
    const [taken] = await tx
      .select({ id: agents.id })
      .from(agents)
      .where(eq(agents.publicKey, input.publicKey));
    if (taken) throw new AppError("conflict", "This key is enrolled already.");
    const [agent] = await tx
      .insert(agents)
      .values({
        id: newId("agt"),
        serverId: server.id,
        ownerId: server.ownerId,
        publicKey: input.publicKey,
        version: input.agentVersion,
        hostname: input.host.hostname,
        platform: input.host.platform,
        osUser: input.host.osUser,
        lastSeenAt: sql`now()`,
      })
      .returning();
    if (!agent) throw new Error("the agent was not stored");
    await notify(tx, { t: "servers" });
    return { result: await answer(agent.id, server), entries: [entryOf(agent.id, false)] };
  },
});

/** Enrols an agent by its one-time token. A second use by another key is refused and raises an alarm in the trail. */
export async function enrolAgent(context: Context, input: EnrolInput): Promise<EnrolOutput> {
  try {
    return await redeem(context, input);
  } catch (error) {
    if (error instanceof AppError && error.code === "token_used") {
      await db()
        .transaction((tx) =>
          record(tx, context, "agent.alarm", {
            subject: {
              type: "server",
              id: String(error.details?.serverId),
              name: String(error.details?.server),
            },
            outcome: "refused",
            reason: "An enrolment token was used a second time by another key",
            serverId: String(error.details?.serverId),
            detail: { code: "enrolment_token_reused", detail: "second use of an enrolment token" },
          }),
        )
        .catch((failure) => log.error("an alarm could not be recorded", { error: failure }));
      throw new AppError("token_used", error.message);
    }
    throw error;
  }
}
