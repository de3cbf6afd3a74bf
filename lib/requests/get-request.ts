import { and, desc, eq, ne, sql } from "drizzle-orm";
import type { RequestState } from "@/agent/contract/vocabulary";
import { db } from "@/db/client";
import { users } from "@/db/schema/auth";
import { decisions, notices, requests, votes } from "@/db/schema/requests";
import { agentInstances, agents, servers } from "@/db/schema/servers";
import { query } from "@/lib/core/command";
import type { Context } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { readInstallation } from "@/lib/core/installation";
import { allows } from "@/lib/core/permissions";
import { configuredChannels } from "@/lib/notices/channels";
import { asCandidate, eligiblePeople, type Posture, whyNot } from "./eligibility";
import { joined, presentSummary, visibleTo } from "./list-requests";
import { viewOf } from "./open-arguments";
import { readPayload } from "./payload";
import { type RequestDetail, requestIdInput } from "./schemas";
import { whatIsUnusual } from "./unusual";

type Row = typeof requests.$inferSelect;

async function payloadFor(context: Context, row: Row) {
  const gone = { argumentsText: null, arguments: { bytes: 0, masked: 0, revealed: false } };
  if (context.type !== "system" && !allows(context.role, "requests.arguments")) {
    return { ...gone, arguments: { ...gone.arguments, access: "forbidden" as const } };
  }
  const payload = await readPayload(db(), row.id);
  if (!payload) return { ...gone, arguments: { ...gone.arguments, access: "gone" as const } };
  const view = await viewOf(db(), row.id, context.id);
  return {
    argumentsText: payload.shown,
    arguments: {
      access: "shown" as const,
      bytes: payload.bytes,
      masked: payload.masked,
      revealed: Boolean(view?.revealedAt),
    },
  };
}

async function historyOf(row: Row): Promise<RequestDetail["history"]> {
  const rows = await db()
    .select({ request: requests, by: decisions.deciderName, reason: decisions.reason })
    .from(requests)
    .leftJoin(decisions, eq(decisions.requestId, requests.id))
    .where(
      and(
        eq(requests.serverId, row.serverId),
        eq(requests.toolName, row.toolName ?? ""),
        ne(requests.id, row.id),
        sql`${requests.createdAt} < ${row.createdAt}`,
      ),
    )
    .orderBy(desc(requests.createdAt))
    .limit(5);
  return rows.map(({ request, by, reason }) => ({
    id: request.id,
    state: request.state as RequestState,
    at: (request.decidedAt ?? request.createdAt).toISOString(),
    by,
    reason,
    sameArguments: request.callDigest === row.callDigest,
  }));
}

async function noticesOf(requestId: string): Promise<RequestDetail["notices"]> {
  const rows = await db()
    .select({
      // one that is tried again after a failure is not just "on the way"
      state: sql<string>`case when state = 'queued' and last_error is not null then 'failed' else state end`,
      n: sql<number>`count(*)::int`,
    })
    .from(notices)
    .where(and(eq(notices.requestId, requestId), eq(notices.kind, "held")))
    .groupBy(sql`1`);
  const count = (state: string) => rows.find((row) => row.state === state)?.n ?? 0;
  return {
    queued: count("queued"),
    delivered: count("delivered"),
    failed: count("failed"),
    channels: configuredChannels(),
  };
}

async function votesOf(requestId: string): Promise<RequestDetail["votes"]> {
  const rows = await db().select().from(votes).where(eq(votes.requestId, requestId)).orderBy(votes.createdAt);
  return rows.map((vote) => ({
    voter: { type: vote.voterType, id: vote.voterId, name: vote.voterName },
    verdict: vote.verdict as "approve" | "deny",
    reason: vote.reason,
    at: vote.createdAt.toISOString(),
    opened: vote.openedAt !== null,
    ownCall: vote.ownCall,
  }));
}

async function agentOf(row: Row) {
  const [found] = await db()
    .select({ agent: agents, server: servers, owner: users.name, now: sql<string>`now()` })
    .from(agents)
    .innerJoin(servers, eq(servers.id, agents.serverId))
    .leftJoin(users, eq(users.id, agents.ownerId))
    .where(eq(agents.id, row.agentId));
  if (!found) throw new Error("a request without its agent");
  const [alive] = await db()
    .select({ n: sql<number>`count(*)::int` })
    .from(agentInstances)
    .where(
      and(
        eq(agentInstances.agentId, row.agentId),
        sql`${agentInstances.lastSeenAt} > now() - interval '5 s'`,
      ),
    );
  return { ...found, connected: (alive?.n ?? 0) > 0 };
}

/** One held call with all that helps to decide it; arguments only for who may see them, secrets masked. */
export const getRequest = query({
  permission: "requests.read",
  input: requestIdInput,
  async run({ context, input }): Promise<RequestDetail> {
    const [found] = await joined().where(and(eq(requests.id, input.id), visibleTo(context)));
    if (!found) throw new AppError("not_found", "There is no such request.");
    const row = found.request;
    const posture = (await readInstallation()).posture as Posture;
    const { agent, server, owner, now, connected } = await agentOf(row);
    const asked = { hold: row.hold, posture, agentOwnerId: agent.ownerId, createdAt: row.createdAt };
    const candidate = await asCandidate(db(), context);
    const people = row.state === "pending" ? await eligiblePeople(db(), asked) : [];
    return {
      ...presentSummary(found),
      ...(await payloadFor(context, row)),
      votes: await votesOf(row.id),
      client: row.client,
      agent: { id: agent.id, hostname: agent.hostname, osUser: agent.osUser, owner, connected },
      serverMode: server.mode as "enforce" | "observe",
      enforcement: server.enforcement,
      unusual: await whatIsUnusual(row),
      history: await historyOf(row),
      deciders: {
        people: people.map(({ id, name, role }) => ({ id, name, role })),
        notYou: candidate ? whyNot(candidate, asked) : "Only people and tokens decide.",
        ownCall: agent.ownerId !== null && agent.ownerId === context.id,
      },
      notices: await noticesOf(row.id),
      stages: {
        recordedAt: row.decidedAt?.toISOString() ?? null,
        releasedAt: row.releasedAt?.toISOString() ?? null,
        finishedAt: row.finishedAt?.toISOString() ?? null,
        durationMs: row.durationMs,
      },
      outcome: row.finishedAt
        ? { state: row.state as RequestState, at: row.finishedAt.toISOString(), reason: row.endReason }
        : null,
      endReason: row.endReason,
      now: new Date(now).toISOString(),
    };
  },
});
