import { and, eq, inArray, or, sql } from "drizzle-orm";
import { type HoldInput, type HoldOutput, holdInput } from "@/agent/contract/v1";
import type { Tx } from "@/db/client";
import { requests } from "@/db/schema/requests";
import { agents, servers } from "@/db/schema/servers";
import { command } from "@/lib/core/command";
import type { AgentContext, Context } from "@/lib/core/context";
import { env } from "@/lib/core/env";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { notify, readInstallation } from "@/lib/core/installation";
import { upsertIdentity } from "@/lib/identities/upsert-identity";
import { configuredChannels } from "@/lib/notices/channels";
import { enqueueNotices } from "@/lib/notices/enqueue";
import { upsertTool } from "@/lib/tools/upsert-tools";
import { requestDigest } from "./digest";
import { eligiblePeople, type Posture } from "./eligibility";
import { judgeAgain } from "./judge-again";
import { storePayload } from "./payload";

/** A waiter's instance that was silent this long is gone. Its last_seen is renewed every second. */
const SILENT_SECONDS = 5;
/** A denial that reached nobody answers the identical retry for this long, instead of asking a person again. */
const DENIAL_MINUTES = 15;

type Row = typeof requests.$inferSelect;

export function asAgent(context: Context): AgentContext {
  if (context.type !== "agent") throw new AppError("forbidden", "Only server agents speak here.");
  return context;
}

/** Takes over an equal call whose waiter is gone: exactly one retry gets it, others find the row locked or taken. */
async function attach(tx: Tx, agentId: string, input: HoldInput, identityId: string): Promise<Row | null> {
  const [row] = await tx
    .update(requests)
    // From now on it waits at this agent: hints go there, and whether it lives is asked there.
    .set({ agentId, waiterInstance: input.instance, waiterNonce: input.nonce, waiterGone: null })
    .where(
      eq(
        requests.id,
        sql`(select r.id from requests r where r.identity_id = ${identityId} and r.call_digest = ${input.callDigest}
          and r.method = ${input.method} and r.tool_digest is not distinct from ${input.tool?.digest ?? null}
          and ((r.state = 'pending' and r.expires_at > now())
            or (r.state = 'approved' and r.approval_until > now())
            or (r.state = 'denied' and r.waiter_gone is not null and r.decided_at > now() - make_interval(mins => ${DENIAL_MINUTES})))
          and (r.waiter_gone is not null or not exists (select 1 from agent_instances i
            where i.agent_id = r.agent_id and i.id = r.waiter_instance
              and i.last_seen_at > now() - make_interval(secs => ${SILENT_SECONDS})))
          order by r.created_at limit 1 for update skip locked)`,
      ),
    )
    .returning();
  return row ?? null;
}

/** The same attempt sent twice (a lost reply) is the same request. */
async function standing(tx: Tx, agentId: string, nonce: string): Promise<Row | null> {
  const [row] = await tx
    .select()
    .from(requests)
    .where(
      and(eq(requests.agentId, agentId), or(eq(requests.nonce, nonce), eq(requests.waiterNonce, nonce))),
    );
  return row ?? null;
}

function present(row: Row, attached: boolean, eligible: number): HoldOutput {
  const channels = configuredChannels();
  const warning =
    eligible === 0
      ? "Nobody who may decide this is known to the console."
      : channels.length === 0
        ? "No notice is sent: the console has no mail relay or webhook configured."
        : null;
  return {
    id: row.id,
    state: row.state as HoldOutput["state"],
    attached,
    digest: row.digest,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    url: `${env().authUrl}/requests/${row.id}`,
    eligible,
    warning,
  };
}

/**
 * A server agent asks that a call be decided. Creates the request, attaches to an equal one whose waiter is gone,
 * or answers with the one this attempt already made. Errors: `stale_bundle` (409) when the agent decided by another
 * policy than the standing one; `digest_mismatch` (422) when the digest is not that of the text.
 */
export const holdCall = command({
  permission: "agent",
  action: "request.create",
  input: holdInput,
  subject: (input) => ({
    subject: { type: "tool", id: input.tool?.name ?? input.method, name: input.tool?.name ?? input.method },
  }),
  async run({ tx, context, input }) {
    const agent = asAgent(context);
    const inst = await readInstallation(tx);
    const [found] = await tx
      .select({ server: servers, ownerId: agents.ownerId, now: sql<Date>`now()`.mapWith((v) => new Date(v)) })
      .from(agents)
      .innerJoin(servers, eq(servers.id, agents.serverId))
      .where(eq(agents.id, agent.id));
    if (!found) throw new AppError("unauthenticated", "This agent is not enrolled.");
    const { server, ownerId, now } = found;
    const posture = inst.posture as Posture;
    const subjectOf = (row: Row) => ({ type: "request", id: row.id, name: row.toolName ?? row.method });
    const links = (row: Row) => ({
      serverId: row.serverId,
      toolId: row.toolId,
      identityId: row.identityId,
      requestId: row.id,
    });
    const asked = (row: Row) => ({
      hold: row.hold,
      posture,
      agentOwnerId: ownerId,
      createdAt: row.createdAt,
    });

    const identityId = await upsertIdentity(tx, server.id, agent.id, input.caller);
    const known =
      (await standing(tx, agent.id, input.nonce)) ?? (await attach(tx, agent.id, input, identityId));
    if (known) {
      const eligible = (await eligiblePeople(tx, asked(known))).length;
      await notify(tx, {
        t: "request",
        id: known.id,
        state: known.state,
        server: server.id,
        agent: agent.id,
      });
      return {
        result: present(known, known.nonce !== input.nonce, eligible),
        entries: [
          {
            action: "request.attach",
            subject: subjectOf(known),
            detail: { waiter: input.instance },
            ...links(known),
          },
        ],
      };
    }

    const judged = await judgeAgain(tx, inst.policyVersion, server.name, input);
    const id = newId("req", now.getTime());
    const digest = requestDigest({
      serverId: server.id,
      method: input.method,
      tool: input.tool?.name ?? null,
      toolDigest: input.tool?.digest ?? null,
      callDigest: input.callDigest,
      callerKey: input.caller.key,
      nonce: input.nonce,
      requestedAt: now,
    });
    const toolId = input.tool ? await upsertTool(tx, server.id, input.tool) : null;
    const [row] = await tx
      .insert(requests)
      .values({
        id,
        serverId: server.id,
        agentId: agent.id,
        identityId,
        toolId,
        callerKey: input.caller.key,
        callerName: input.caller.name,
        client: input.client,
        method: input.method,
        toolName: input.tool?.name ?? null,
        toolDigest: input.tool?.digest ?? null,
        riskClass: input.tool?.riskClass ?? "external",
        tier: judged.tier,
        callDigest: input.callDigest,
        nonce: input.nonce,
        digest,
        policyVersion: inst.policyVersion,
        hold: { ...judged.hold, postureAtOpen: posture },
        createdAt: now,
        expiresAt: new Date(now.getTime() + judged.timeLimitMinutes * 60_000),
        waiterInstance: input.instance,
        waiterNonce: input.nonce,
      })
      .returning();
    if (!row) throw new Error("the request was not stored");
    await storePayload(tx, id, input.paramsText);
    const people = await eligiblePeople(tx, asked(row));
    await enqueueNotices(tx, row.id, "held", people);
    await notify(tx, { t: "request", id, state: "pending", server: server.id, agent: agent.id });
    return {
      result: present(row, false, people.length),
      entries: [
        {
          action: "request.create",
          subject: subjectOf(row),
          ...links(row),
          correlation: input.nonce,
          detail: {
            tier: row.tier,
            riskClass: row.riskClass,
            rule: judged.hold.rule?.id ?? null,
            method: row.method,
            policyVersion: row.policyVersion,
            expiresAt: row.expiresAt.toISOString(),
            eligible: people.length,
          },
        },
      ],
    };
  },
});

/** Which of these requests are in what state: what an agent asks after a reconnect. */
export async function statesOf(
  tx: Pick<Tx, "select">,
  serverId: string,
  ids: readonly string[],
): Promise<Row[]> {
  if (ids.length === 0) return [];
  return tx
    .select()
    .from(requests)
    .where(and(eq(requests.serverId, serverId), inArray(requests.id, [...ids])));
}
