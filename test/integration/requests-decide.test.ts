import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { db } from "@/db/client";
import { AppError } from "@/lib/core/errors";
import { claimRelease } from "@/lib/requests/claim-release";
import { decide } from "@/lib/requests/decide";
import { getRequest } from "@/lib/requests/get-request";
import { holdCall } from "@/lib/requests/hold-call";
import { leaveWaiting } from "@/lib/requests/leave-waiting";
import { listRequests } from "@/lib/requests/list-requests";
import { sweepRequests } from "@/lib/requests/sweep";
import { withdraw } from "@/lib/requests/withdraw";
import { testDatabase } from "../support/database";
import { enrolledAgent, heldCall, person, touchInstance } from "../support/world";

const code = (error: unknown) => (error instanceof AppError ? error.code : String(error));

async function entries(action: string, requestId: string) {
  const { rows } = await db().execute<{ n: number }>(
    sql`select count(*)::int as n from audit_entries where action = ${action} and request_id = ${requestId} and outcome = 'success'`,
  );
  return rows[0]?.n;
}

describe("deciding a held call", () => {
  let agent: Awaited<ReturnType<typeof enrolledAgent>>;
  let owner: Awaited<ReturnType<typeof person>>;
  beforeAll(async () => {
    await testDatabase();
    owner = await person("owner");
    agent = await enrolledAgent("crm-memory");
  });

  it("shows the exact text, masked, to who may decide, and no arguments to a member", async () => {
    const text = '{"name":"delete_entities","arguments":{"password":"hunter2hunter2","n":9007199254740993}}';
    const held = await holdCall(agent.context, heldCall(agent, { paramsText: text }));
    const seen = await getRequest(owner, { id: held.id });
    expect(seen.argumentsText).toContain("9007199254740993");
    expect(seen.argumentsText).not.toContain("hunter2hunter2");
    expect(seen.arguments.masked).toBe(1);
    const member = await person("member");
    await expect(getRequest(member, { id: held.id })).rejects.toMatchObject({ code: "not_found" });
    const auditor = await person("auditor");
    expect((await getRequest(auditor, { id: held.id })).argumentsText).toBeNull();
  });

  it("has one winner among fifty, one entry, and tells the others who decided", async () => {
    const held = await holdCall(agent.context, heldCall(agent));
    const people = await Promise.all(Array.from({ length: 50 }, () => person("approver")));
    const results = await Promise.allSettled(
      people.map((p, i) =>
        decide(p, { id: held.id, verdict: i % 2 ? "approve" : "deny", digest: held.digest }),
      ),
    );
    const lost = results.filter((r) => r.status === "rejected");
    expect(results.length - lost.length).toBe(1);
    for (const r of lost) {
      expect(code(r.reason)).toBe("already_decided");
      expect(r.reason.details.decision.by.name).toMatch(/approver/);
    }
    const approved = (await entries("request.approve", held.id)) ?? 0;
    const denied = (await entries("request.deny", held.id)) ?? 0;
    expect(approved + denied).toBe(1);
  });

  it("refuses another digest, an unknown request, and who may not decide", async () => {
    const held = await holdCall(agent.context, heldCall(agent));
    const bad = { id: held.id, verdict: "approve" as const, digest: "0".repeat(64) };
    await expect(decide(owner, bad)).rejects.toMatchObject({ code: "digest_mismatch", status: 422 });
    await expect(decide(owner, { ...bad, id: "req_nothing" })).rejects.toMatchObject({ code: "not_found" });
    const auditor = await person("auditor");
    await expect(decide(auditor, { ...bad, digest: held.digest })).rejects.toMatchObject({
      code: "forbidden",
    });
    const { rows } = await db().execute<{ n: number }>(
      sql`select count(*)::int as n from audit_entries where action = 'access.refuse' and request_id = ${held.id}`,
    );
    expect(rows[0]?.n).toBe(2);
  });

  it("checks expiry at the decision itself, before any sweeper ran", async () => {
    const held = await holdCall(agent.context, heldCall(agent));
    await db().execute(sql`update requests set expires_at = now() - interval '1 ms' where id = ${held.id}`);
    await expect(
      decide(owner, { id: held.id, verdict: "approve", digest: held.digest }),
    ).rejects.toMatchObject({ code: "expired" });
    await sweepRequests();
    expect((await getRequest(owner, { id: held.id })).state).toBe("expired");
    expect((await listRequests(owner, { state: "history", limit: 200 })).items.map((r) => r.id)).toContain(
      held.id,
    );
  });

  it("fails the decision when its entry cannot be written", async () => {
    const held = await holdCall(agent.context, heldCall(agent));
    const broken = { ...owner, type: "nobody" } as unknown as typeof owner;
    await expect(
      decide({ ...broken, role: "owner" }, { id: held.id, verdict: "approve", digest: held.digest }),
    ).rejects.toThrow();
    expect((await getRequest(owner, { id: held.id })).state).toBe("pending");
  });

  it("releases once: the same nonce gets the same ticket, another instance or nonce gets 409", async () => {
    const call = heldCall(agent);
    const held = await holdCall(agent.context, call);
    const claim = {
      id: held.id,
      instance: agent.instance,
      nonce: call.nonce,
      callDigest: call.callDigest,
      toolDigest: call.tool?.digest ?? null,
    };
    await expect(claimRelease(agent.context, claim)).rejects.toMatchObject({ code: "not_claimable" });
    await decide(owner, { id: held.id, verdict: "approve", digest: held.digest });
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => claimRelease(agent.context, claim)),
    );
    const tickets = results.flatMap((r) => (r.status === "fulfilled" ? [r.value.ticket.payload] : []));
    expect(new Set(tickets).size).toBe(1);
    await expect(
      claimRelease(agent.context, { ...claim, nonce: "another-nonce-0001" }),
    ).rejects.toMatchObject({ code: "not_claimable" });
    await expect(
      claimRelease(agent.context, { ...claim, instance: "ins_other0000000" }),
    ).rejects.toMatchObject({ code: "not_claimable" });
  });

  it("withdraws an approval until it is released, not after", async () => {
    const call = heldCall(agent);
    const held = await holdCall(agent.context, call);
    await decide(owner, { id: held.id, verdict: "approve", digest: held.digest });
    await withdraw(owner, { id: held.id, reason: "wrong customer" });
    const claim = {
      id: held.id,
      instance: agent.instance,
      nonce: call.nonce,
      callDigest: call.callDigest,
      toolDigest: call.tool?.digest ?? null,
    };
    await expect(claimRelease(agent.context, claim)).rejects.toMatchObject({
      code: "not_claimable",
      details: { state: "withdrawn" },
    });
    await expect(withdraw(owner, { id: held.id })).rejects.toMatchObject({ code: "conflict" });
  });

  it("lets exactly one of fifty equal retries take over a call whose waiter is gone; a living waiter is never robbed", async () => {
    await touchInstance(agent);
    const first = heldCall(agent);
    const held = await holdCall(agent.context, first);
    const equal = await holdCall(agent.context, { ...first, nonce: "a-second-payment-01" });
    expect(equal.id).not.toBe(held.id);
    await leaveWaiting(agent.context, {
      id: held.id,
      instance: agent.instance,
      nonce: first.nonce,
      reason: "patience",
    });
    await decide(owner, { id: held.id, verdict: "approve", digest: held.digest });
    const retries = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        holdCall(agent.context, { ...first, nonce: `retry-number-${String(i).padStart(4, "0")}` }),
      ),
    );
    expect(retries.filter((r) => r.id === held.id)).toHaveLength(1);
    expect(retries.filter((r) => r.id === held.id)[0]).toMatchObject({ attached: true, state: "approved" });
  });

  it("tells a denial that reached nobody to the identical retry, once; the next asks a person again", async () => {
    const first = heldCall(agent);
    const held = await holdCall(agent.context, first);
    await leaveWaiting(agent.context, {
      id: held.id,
      instance: agent.instance,
      nonce: first.nonce,
      reason: "disconnected",
    });
    await decide(owner, { id: held.id, verdict: "deny", digest: held.digest, reason: "no" });
    const told = await holdCall(agent.context, { ...first, nonce: "retry-after-denial-1" });
    expect(told).toMatchObject({ id: held.id, state: "denied", attached: true });
    const anew = await holdCall(agent.context, { ...first, nonce: "retry-after-denial-2" });
    expect(anew).toMatchObject({ state: "pending", attached: false });
    expect(anew.id).not.toBe(held.id);
  });

  it("refuses a digest that is not the text's, and another policy than the one in force", async () => {
    await expect(
      holdCall(agent.context, { ...heldCall(agent), callDigest: "1".repeat(64) }),
    ).rejects.toMatchObject({ code: "digest_mismatch" });
    await expect(holdCall(agent.context, { ...heldCall(agent), policyVersion: 99 })).rejects.toMatchObject({
      code: "stale_bundle",
    });
  });
});
