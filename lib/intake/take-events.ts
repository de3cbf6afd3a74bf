import { and, eq, inArray, sql } from "drizzle-orm";
import { type AgentEvent, type EventsInput, eventsInput, type RefusalCode } from "@/agent/contract/v1";
import type { Tx } from "@/db/client";
import { db, isDatabaseAway } from "@/db/client";
import { auditEntries } from "@/db/schema/audit";
import { requests } from "@/db/schema/requests";
import { agentInstances, agents, servers } from "@/db/schema/servers";
import { type Action, parseDetail } from "@/lib/core/actions";
import { authorize, parseInput, type Verb } from "@/lib/core/command";
import type { AgentContext } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { notify } from "@/lib/core/installation";
import { qualifiedKey, upsertIdentity } from "@/lib/identities/upsert-identity";
import { asAgent } from "@/lib/requests/hold-call";
import { takeListing } from "@/lib/tools/upsert-tools";
import { entryOfEvent } from "./event-entries";
import { noteGap } from "./note-gap";

/** Takes only the next sequence: no loss, no double. Answers 409 `sequence` with the standing one. */
async function advance(tx: Tx, agentId: string, input: EventsInput): Promise<void> {
  const first = input.events[0]?.seq;
  if (first === undefined) return;
  input.events.forEach((item, i) => {
    if (item.seq !== first + i)
      throw new AppError("malformed", "The sequence of a batch must be contiguous.");
  });
  await tx.insert(agentInstances).values({ id: input.instance, agentId }).onConflictDoNothing();
  const [moved] = await tx
    .update(agentInstances)
    .set({ lastSeq: first + input.events.length - 1 })
    .where(
      and(
        eq(agentInstances.agentId, agentId),
        eq(agentInstances.id, input.instance),
        eq(agentInstances.lastSeq, first - 1),
      ),
    )
    .returning({ lastSeq: agentInstances.lastSeq });
  if (moved) return;
  const [standing] = await tx
    .select({ lastSeq: agentInstances.lastSeq })
    .from(agentInstances)
    .where(and(eq(agentInstances.agentId, agentId), eq(agentInstances.id, input.instance)));
  throw new AppError("sequence", "Not the next sequence.", { details: { lastSeq: standing?.lastSeq ?? 0 } });
}

type Of<T extends AgentEvent["type"]> = Extract<AgentEvent, { type: T }>;

/** The agent tells how a released call ended; a late word still replaces "unknown". */
async function finishRequest(tx: Tx, agent: AgentContext, event: Of<"call.finished">): Promise<void> {
  if (!event.request) return;
  const state = event.outcome === "unknown" ? "outcome_unknown" : event.outcome;
  const [row] = await tx
    .update(requests)
    .set({
      state,
      finishedAt: sql`now()`,
      durationMs: Math.round(event.durationMs),
      endReason: state === "outcome_unknown" ? "Forwarded, but no answer came back" : null,
    })
    .where(
      and(
        eq(requests.id, event.request),
        eq(requests.agentId, agent.id),
        inArray(requests.state, event.outcome === "unknown" ? ["released"] : ["released", "outcome_unknown"]),
      ),
    )
    .returning({ agentId: requests.agentId });
  if (row)
    await notify(tx, { t: "request", id: event.request, state, server: agent.serverId, agent: row.agentId });
}

const REFUSED_AT_RELEASE: Partial<Record<RefusalCode, string>> = {
  ticket_invalid: "The ticket did not fit the call the agent was about to send",
  tool_changed: "The tool's definition changed while the call waited",
  spool_full: "The agent could not write down that it would forward the call",
};
/** After the claim only: before it the request still waits for its client, or for the end of a stop. */
const REFUSED_AFTER_CLAIM: Partial<Record<RefusalCode, string>> = {
  ...REFUSED_AT_RELEASE,
  stopped: "A stop came before the call was sent",
  revoked: "The caller was revoked before the call was sent",
  policy_denied: "The policy had become stricter before the call was sent",
  offline: "The agent lost the console before the call was sent",
  request_withdrawn: "The client went away before the call was sent",
};

async function refuseRequest(tx: Tx, agent: AgentContext, event: Of<"call.refused">): Promise<void> {
  if (!event.request) return;
  const reason = REFUSED_AT_RELEASE[event.code];
  const late = REFUSED_AFTER_CLAIM[event.code];
  if (!late) return;
  const [row] = await tx
    .update(requests)
    .set({ state: "refused_by_agent", finishedAt: sql`now()`, endReason: reason ?? late })
    .where(
      and(
        eq(requests.id, event.request),
        eq(requests.agentId, agent.id),
        inArray(requests.state, reason ? ["pending", "approved", "released"] : ["released"]),
      ),
    )
    .returning({ agentId: requests.agentId });
  if (!row) return;
  await notify(tx, {
    t: "request",
    id: event.request,
    state: "refused_by_agent",
    server: agent.serverId,
    agent: row.agentId,
  });
}

async function callersOf(
  tx: Tx,
  agent: AgentContext,
  events: EventsInput["events"],
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { event } of events) {
    const caller = "caller" in event ? event.caller : null;
    if (!caller) continue;
    const key = qualifiedKey(agent.id, caller);
    if (!ids.has(key)) ids.set(key, await upsertIdentity(tx, agent.serverId, agent.id, caller));
  }
  return ids;
}

/** Only requests of the agent's own server: an agent's word must not show up in the story of anybody else's call. */
async function ownRequests(tx: Tx, agent: AgentContext, events: EventsInput["events"]): Promise<Set<string>> {
  const named = events.flatMap(({ event }) => ("request" in event && event.request ? [event.request] : []));
  if (named.length === 0) return new Set();
  const rows = await tx
    .select({ id: requests.id })
    .from(requests)
    .where(and(eq(requests.serverId, agent.serverId), inArray(requests.id, [...new Set(named)])));
  return new Set(rows.map((row) => row.id));
}

async function take(tx: Tx, agent: AgentContext, input: EventsInput) {
  await advance(tx, agent.id, input);
  const identityIds = await callersOf(tx, agent, input.events);
  const own = await ownRequests(tx, agent, input.events);
  const rows: (typeof auditEntries.$inferInsert)[] = [];
  for (const { event } of input.events) {
    if (event.type === "call.finished") await finishRequest(tx, agent, event);
    if (event.type === "call.refused") await refuseRequest(tx, agent, event);
    let listing: Awaited<ReturnType<typeof takeListing>> | null = null;
    if (event.type === "server.listed") {
      listing = await takeListing(tx, agent.serverId, event.tools);
      await tx
        .update(servers)
        .set({ serverInfo: event.serverInfo, lastListedAt: sql`now()` })
        .where(eq(servers.id, agent.serverId));
      await notify(tx, { t: "servers" });
    }
    const caller = "caller" in event ? event.caller : null;
    const entry = entryOfEvent(event, listing);
    rows.push({
      time: sql`now()` as unknown as Date,
      id: newId("evt"),
      agentTime: new Date(event.at),
      actorType: "agent",
      actorId: agent.id,
      actorName: agent.name,
      onBehalfOf: caller?.name ?? null,
      ip: agent.ip,
      httpRequestId: agent.httpRequestId,
      serverId: agent.serverId,
      identityId: caller ? (identityIds.get(qualifiedKey(agent.id, caller)) ?? null) : null,
      ...entry,
      requestId: entry.requestId && own.has(entry.requestId) ? entry.requestId : null,
      detail: parseDetail(entry.action as Action, entry.detail),
    });
  }
  for (let i = 0; i < rows.length; i += 500) await tx.insert(auditEntries).values(rows.slice(i, i + 500));
  const position = input.position;
  await tx
    .update(agents)
    .set({ lastSeenAt: sql`now()`, ...(position ? { ackEpoch: position.epoch, ackSeq: position.seq } : {}) })
    .where(eq(agents.id, agent.id));
  return { lastSeq: (input.events[0]?.seq ?? 1) + input.events.length - 1 };
}

/**
 * An agent's numbered events become audit entries, in the order and transaction in which they arrive; its position is
 * the acknowledgement of its bundle. A command in all but the wrapper: here the entries *are* the change.
 */
export const takeEvents: Verb<EventsInput, { lastSeq: number }> = Object.assign(
  async (context: Parameters<Verb<EventsInput, unknown>>[0], raw: EventsInput) => {
    authorize(context, "agent");
    const agent = asAgent(context);
    const input = parseInput(eventsInput, raw);
    try {
      return await db().transaction((tx) => take(tx, agent, input));
    } catch (error) {
      const first = input.events[0]?.seq;
      if (error instanceof AppError && error.code === "sequence" && first !== undefined) {
        const expected = Number(error.details?.lastSeq) + 1;
        if (first > expected) await noteGap(agent, { instance: input.instance, expected, got: first });
      }
      if (isDatabaseAway(error))
        throw new AppError("unavailable", "The database cannot be reached; send again.", { cause: error });
      throw error;
    }
  },
  { kind: "command" as const },
);
