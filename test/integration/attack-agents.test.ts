import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import type { AgentEvent, HoldInput } from "@/agent/contract/v1";
import { db } from "@/db/client";
import { newId } from "@/lib/core/ids";
import { processShared } from "@/lib/core/shared";
import { agentStream } from "@/lib/intake/stream";
import { takeEvents } from "@/lib/intake/take-events";
import { claimRelease } from "@/lib/requests/claim-release";
import { decide } from "@/lib/requests/decide";
import { holdCall } from "@/lib/requests/hold-call";
import { leaveWaiting } from "@/lib/requests/leave-waiting";
import { sweepRequests } from "@/lib/requests/sweep";
import { testDatabase } from "../support/database";
import { type EnrolledAgent, enrolledAgent, heldCall, person, touchInstance } from "../support/world";

const paramsText = '{"name":"delete_entities","arguments":{"entityNames":["Northwind"]}}';
const credential = { key: "cred:shared", kind: "credential" as const, name: "ci robot" };
const seqs = new Map<string, number>();

async function report(agent: EnrolledAgent, ...events: object[]) {
  const first = (seqs.get(agent.instance) ?? 0) + 1;
  const numbered = events.map((event, i) => ({
    seq: first + i,
    event: { at: new Date().toISOString(), ...event } as AgentEvent,
  }));
  seqs.set(agent.instance, first + events.length - 1);
  return takeEvents(agent.context, { instance: agent.instance, position: null, events: numbered });
}

const finished = (request: string) => ({
  type: "call.finished",
  call: newId("http"),
  request,
  outcome: "executed",
  resultFingerprint: null,
  durationMs: 3,
});
const refused = (request: string) => ({
  type: "call.refused",
  call: newId("http"),
  caller: null,
  method: "tools/call",
  tool: "delete_entities",
  code: "ticket_invalid",
  detail: null,
  request,
  rule: null,
  policyVersion: null,
});
const claimOf = (id: string, input: HoldInput) => ({
  id,
  instance: input.instance,
  nonce: input.nonce,
  callDigest: input.callDigest,
  toolDigest: input.tool?.digest ?? null,
});
const rowOf = async (id: string) =>
  (await db().execute<{ state: string; agent_id: string }>(sql`select * from requests where id = ${id}`))
    .rows[0];
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { code?: string }) => error.code,
  );

let first: EnrolledAgent;
let second: EnrolledAgent;
let elsewhere: EnrolledAgent;

async function approved(agent: EnrolledAgent, over: Partial<HoldInput> = {}) {
  const input = { ...heldCall(agent, over.paramsText ? { paramsText: over.paramsText } : {}), ...over };
  const held = await holdCall(agent.context, input);
  await decide(await person("approver"), { id: held.id, verdict: "approve", digest: held.digest });
  return { input, id: held.id };
}

beforeAll(async () => {
  await testDatabase();
  first = await enrolledAgent("crm-memory");
  second = await enrolledAgent("crm-memory");
  elsewhere = await enrolledAgent("ops-filesystem");
  for (const agent of [first, second, elsewhere]) await touchInstance(agent);
});

describe("another agent of the same server", () => {
  it("cannot claim, end or abandon a call that is not its own", async () => {
    const { id, input } = await approved(first);
    expect(await codeOf(claimRelease(second.context, claimOf(id, input)))).toBe("not_claimable");
    await leaveWaiting(second.context, {
      id,
      instance: input.instance,
      nonce: input.nonce,
      reason: "cancelled",
    });
    await report(second, refused(id), finished(id));
    expect((await rowOf(id))?.state).toBe("approved");
    await claimRelease(first.context, claimOf(id, input));
    await report(second, finished(id), refused(id));
    expect((await rowOf(id))?.state).toBe("released");
    await report(first, finished(id));
    expect((await rowOf(id))?.state).toBe("executed");
  });

  it("cannot pass for an OS user of another machine by the name of a credential", async () => {
    const { id } = await approved(first, { paramsText });
    await db().execute(sql`update requests set waiter_gone = 'patience' where id = ${id}`);
    const forged = { key: `${first.context.id}:os:tester`, kind: "credential" as const, name: "tester" };
    const answer = await holdCall(second.context, { ...heldCall(second, { paramsText }), caller: forged });
    expect(answer.attached).toBe(false);
    expect(answer.id).not.toBe(id);
  });

  it("waits for what it took over: a third equal call is a new one, and a release there is not given up", async () => {
    const { id } = await approved(first, { paramsText, caller: credential });
    await db().execute(sql`update requests set waiter_gone = 'patience' where id = ${id}`);
    const retry = { ...heldCall(second, { paramsText }), caller: credential };
    expect(await holdCall(second.context, retry)).toMatchObject({ id, attached: true, state: "approved" });
    expect((await rowOf(id))?.agent_id).toBe(second.context.id);
    const third = await holdCall(first.context, { ...heldCall(first, { paramsText }), caller: credential });
    expect(third.id).not.toBe(id);
    await claimRelease(second.context, claimOf(id, retry));
    await db().execute(
      sql`update requests set ticket_expires_at = now() - interval '1 minute' where id = ${id}`,
    );
    await sweepRequests();
    expect((await rowOf(id))?.state).toBe("released");
  });
});

describe("an agent's events", () => {
  it("never enter the story of another server's call", async () => {
    const { id } = await approved(first);
    await report(elsewhere, finished(id), { type: "call.released", call: newId("http"), request: id });
    const { rows } = await db().execute(
      sql`select action from audit_entries where request_id = ${id} and server_id = ${elsewhere.context.serverId}`,
    );
    expect(rows).toEqual([]);
    expect((await rowOf(id))?.state).toBe("approved");
  });

  it("that skip numbers are an entry, once a gap", async () => {
    const instance = newId("ins");
    const closed = {
      type: "session.closed",
      at: new Date().toISOString(),
      session: newId("http"),
    } as AgentEvent;
    const send = (seq: number) =>
      codeOf(takeEvents(first.context, { instance, position: null, events: [{ seq, event: closed }] }));
    expect([await send(1), await send(1), await send(5), await send(5), await send(2)]).toEqual([
      "done",
      "sequence",
      "sequence",
      "sequence",
      "done",
    ]);
    const { rows } = await db().execute(
      sql`select actor_id, detail from audit_entries where action = 'agent.gap' and subject_id = ${instance}`,
    );
    expect(rows).toEqual([{ actor_id: first.context.id, detail: { expected: 2, got: 5 } }]);
  });
});

describe("a stream", () => {
  it("that its client left while it was opened does not keep the instance alive", async () => {
    const instance = newId("ins");
    const gone = new AbortController();
    const request = new Request("http://localhost/api/agent/v1/stream", {
      method: "POST",
      signal: gone.signal,
    });
    const facts = {
      id: instance,
      pid: 1,
      startedAt: new Date().toISOString(),
      transport: "stdio" as const,
      upstream: "stdio" as const,
      agentVersion: "0.1.0",
    };
    const response = await agentStream(request, first.context, {
      instance: facts,
      nonce: newId("ins").slice(4),
      waiting: [],
    });
    gone.abort();
    const reader = response.body?.getReader();
    while (!(await reader?.read())?.done);
    const streams = () =>
      processShared<{ streams: Set<{ instanceId: string }> }>("assentry.pulse", () => {
        throw new Error("no pulse");
      }).streams;
    // What was under way when the client left is over once a later stream of the same process has joined.
    const later = new AbortController();
    const next = await agentStream(
      new Request(request.url, { method: "POST", signal: later.signal }),
      first.context,
      { instance: { ...facts, id: newId("ins") }, nonce: newId("ins").slice(4), waiting: [] },
    );
    const read = next.body?.getReader();
    let text = "";
    while (!text.includes("event: heartbeat")) text += new TextDecoder().decode((await read?.read())?.value);
    expect([...streams()].map((stream) => stream.instanceId)).not.toContain(instance);
    later.abort();
  });
});
