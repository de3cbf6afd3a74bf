import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/agent-rig";
import { agentWorld, eventOf, heldIn, textOf } from "../support/agent-world";

const world = agentWorld();
const ALLOW_ALL = { version: 1, rules: [{ id: "all", match: { methods: ["*"] }, effect: "allow" }] };
const DENY_DELETE = {
  version: 1,
  rules: [{ id: "no-delete", name: "Nothing is deleted", match: { tools: ["delete_*"] }, effect: "deny" }],
};

describe("a ticket", () => {
  const other = generateKeyPairSync("ed25519").privateKey;
  it.each<[string, (ticket: Record<string, unknown>) => void]>([
    ["for another call", (ticket) => Object.assign(ticket, { callDigest: "0".repeat(64) })],
    ["for another definition", (ticket) => Object.assign(ticket, { toolDigest: "0".repeat(64) })],
    ["for another tool", (ticket) => Object.assign(ticket, { tool: "read_note" })],
    ["for another caller", (ticket) => Object.assign(ticket, { callerKey: "os:root2" })],
    ["for another instance", (ticket) => Object.assign(ticket, { instance: "ins_00000000000000" })],
    ["for another attempt", (ticket) => Object.assign(ticket, { claimNonce: "0000000000000000000000" })],
    ["for another server", (ticket) => Object.assign(ticket, { serverId: "srv_00000000000000" })],
    ["for another request", (ticket) => Object.assign(ticket, { requestDigest: "0".repeat(64) })],
    [
      "that is over",
      (ticket) => Object.assign(ticket, { expiresAt: new Date(Date.now() - 1000).toISOString() }),
    ],
    ["with an unknown member", (ticket) => Object.assign(ticket, { also: true })],
  ])("%s releases nothing", async (_name, change) => {
    const console = await world.console();
    const rig = await world.agent(console);
    console.changeTicket = change;
    rig.call(1, "delete_note");
    const held = await heldIn(console);
    console.decide(held, "approved");
    expect(textOf(await rig.answer(1))).toContain("not executed");
    await eventOf(console, "call.refused", { code: "ticket_invalid", request: held.id });
    expect(rig.executed).toHaveLength(0);
  });

  it("signed by another key releases nothing", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    console.signTicketsWith = other;
    rig.call(1, "delete_note");
    console.decide(await heldIn(console), "approved");
    await rig.answer(1);
    await eventOf(console, "call.refused", { code: "ticket_invalid" });
    expect(rig.executed).toHaveLength(0);
  });

  it("whose reply got lost is claimed again under the same nonce, and the call runs once", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    const held = await heldIn(console);
    console.cut.set("claim", 3);
    console.decide(held, "approved");
    expect(textOf(await rig.answer(1))).toBe("did delete_note");
    expect(held.claims).toBeGreaterThan(1);
    expect(rig.executed).toHaveLength(1);
  });
});

describe("the rules in force", () => {
  it("change while the agent runs; a denial names the rule", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    console.publish({}, DENY_DELETE);
    await eventually(() => rig.stderr.includes('"version":2'));
    rig.call(2, "delete_note");
    expect(textOf(await rig.answer(2))).toMatch(/not executed.*Nothing is deleted/);
    await eventOf(console, "call.refused", { code: "policy_denied", rule: "no-delete", policyVersion: 2 });
    await eventually(() =>
      console.positions.some((position) => JSON.stringify(position).includes('"seq":2')),
    );
  });

  it("that cannot be read refuse every call", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    console.publish({}, { version: 1, rules: [{ id: "x", when: "1 +" }] });
    await eventually(() => rig.stderr.includes("cannot be read"));
    rig.call(1, "read_note");
    expect(textOf(await rig.answer(1))).toContain("not executed");
    await eventOf(console, "call.refused", { code: "no_bundle" });
    rig.send({ id: 2, method: "ping" });
    await rig.answer(2);
  });

  it("never go back to older ones", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    console.seq = 0;
    console.publish({ position: { epoch: 0, seq: 0 } }, ALLOW_ALL);
    console.seq = 0;
    console.dropStreams();
    await eventually(() => rig.stderr.includes("older than the one in force"));
    rig.call(2, "delete_note");
    expect(textOf(await rig.answer(2))).toContain("not executed");
    expect(rig.executed.join()).not.toContain("delete_note");
  });

  it("are fetched again when the console says that they are stale", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    console.policyVersion = 7;
    rig.call(2, "delete_note");
    await new Promise((done) => setTimeout(done, 200));
    console.policyVersion = 6;
    console.publish({}, ALLOW_ALL);
    expect(textOf(await rig.answer(2))).toBe("did delete_note");
    expect(console.held).toHaveLength(0);
  });

  it("stop everything, or end a caller's permission", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    console.publish({ stops: [{ scope: "everything", target: null, reason: "incident" }] });
    await eventually(() => rig.stderr.includes('"seq":2'));
    rig.call(2, "read_note");
    expect(textOf(await rig.answer(2))).toMatch(/not executed.*incident/);
    await eventOf(console, "call.refused", { code: "stopped" });
    const caller = console.events.find((event) => event.type === "session.opened")?.caller?.key ?? "";
    console.publish({ stops: [], revokedCallers: [caller] });
    await eventually(() => rig.stderr.includes('"seq":3'));
    rig.call(3, "read_note");
    expect(textOf(await rig.answer(3))).toContain("not executed");
    await eventOf(console, "call.refused", { code: "revoked" });
  });

  it("stop a call that was approved before it is sent", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    const held = await heldIn(console);
    console.publish({ stops: [{ scope: "tool", target: "delete_note", reason: "incident" }] });
    console.decide(held, "approved");
    expect(textOf(await rig.answer(1))).toContain("incident");
    expect(rig.executed).toHaveLength(0);
  });

  it("let everything through while observing, and a local flag may only tighten", async () => {
    const console = await world.console();
    console.bundle = {
      mode: "observe",
      observe: { reason: "first week", until: new Date(Date.now() + 60_000).toISOString() },
    };
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    expect(textOf(await rig.answer(1))).toBe("did delete_note");
    await eventOf(console, "call.observed", { wouldBe: "hold", tool: "delete_note" });
    const strict = await world.agent(console, { flags: ["--mode", "enforce"] });
    strict.call(1, "delete_note");
    await heldIn(console);
    expect(strict.executed).toHaveLength(0);
  });

  it("are not loosened by --mode observe", async () => {
    const console = await world.console();
    const rig = await world.agent(console, { flags: ["--mode", "observe"] });
    rig.call(1, "delete_note");
    await heldIn(console);
    expect(rig.executed).toHaveLength(0);
    expect(rig.stderr).toContain("may only tighten");
  });

  it("decide what a server may ask of its client", async () => {
    const console = await world.console();
    const rule = {
      id: "no-sampling",
      match: { methods: ["sampling/*"], direction: "server" },
      effect: "deny",
    };
    console.publish({}, { ...ALLOW_ALL, rules: [rule, ...ALLOW_ALL.rules] });
    const rig = await world.agent(console);
    rig.call(1, "read_note", { ask: "sampling/createMessage" });
    await rig.answer(1);
    await eventOf(console, "call.refused", { method: "sampling/createMessage" });
    await eventually(() => rig.seen.some((line) => line.includes('"ask-1"') && line.includes("error")));
    expect(rig.lines.join()).not.toContain("sampling");
    rig.call(2, "read_note", { ask: "roots/list" });
    await eventually(() => rig.messages.some((message) => message.method === "roots/list"));
  });
});
