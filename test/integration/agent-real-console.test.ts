import { describe, expect, it } from "vitest";
import { AgentRig, eventually } from "../support/agent-rig";
import { textOf } from "../support/agent-world";
import { startConsole, type TestConsole } from "../support/console";

async function agentAt(console: TestConsole, server: string): Promise<AgentRig> {
  const rig = new AgentRig({ consoleUrl: console.url, token: await console.enrol(server), server });
  await rig.initialize();
  return rig;
}
const onlyPending = async (console: TestConsole) =>
  console.waitFor(async () => (await console.pending())[0], 20_000);

describe("an agent and a real console", () => {
  it("hold, approve, deny and record real calls", async () => {
    const console = await startConsole();
    const rig = await agentAt(console, "notes");
    rig.call(1, "read_note", { big: 1 });
    expect(textOf(await rig.answer(1))).toBe("did read_note");

    rig.raw(
      '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"delete_note","arguments":{"n":9007199254740993}}}\n',
    );
    const first = await onlyPending(console);
    expect(rig.executed).toHaveLength(1);
    expect(await console.decide(first.id, "approve")).toMatchObject({ status: 200 });
    expect(textOf(await rig.answer(2))).toBe("did delete_note");
    const done = await console.waitFor(async () => {
      const { body } = await console.api("GET", `/requests/${first.id}`);
      return body.state === "executed" && body;
    });
    expect(done.argumentsText).toContain("9007199254740993");

    rig.call(3, "delete_note", { name: "b" });
    const second = await onlyPending(console);
    await console.decide(second.id, "deny", "not this one");
    expect(textOf(await rig.answer(3))).toMatch(/not executed.*not this one/);
    expect(rig.executed).toHaveLength(2);

    rig.raw('{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"a","name":"b"}}\n');
    await rig.answer(4);
    const actions = await console.waitFor(async () => {
      const { body } = await console.api("GET", "/audit?limit=200");
      const seen = body.items.map((item: { action: string }) => item.action);
      return (
        ["call.allow", "call.refuse", "request.release"].every((action) => seen.includes(action)) && seen
      );
    });
    expect(actions).toContain("mcp-session.open");
    await rig.stop();
  });

  it("lose nothing when the console is killed while calls wait", async () => {
    const console = await startConsole();
    const rig = await agentAt(console, "notes");
    rig.call("warm", "read_note");
    await rig.answer("warm");
    for (let i = 0; i < 10; i++) rig.call(i, "delete_note", { i });
    const waiting = await console.waitFor(async () => {
      const items = await console.pending();
      return items.length === 10 && items;
    });
    await console.kill();
    await console.restart();
    for (const [at, one] of waiting.entries())
      await console.decide(one.id, at % 2 ? "deny" : "approve", at % 2 ? "no" : undefined);
    for (let i = 0; i < 10; i++) await rig.answer(i);
    const deleted = rig.executed.filter((line) => line.includes("delete_note"));
    expect(deleted).toHaveLength(5);
    expect(new Set(deleted).size).toBe(5);
    await eventually(() => rig.messages.filter((message) => message.result?.isError).length === 5);
    await rig.stop();
  });

  it("run an approved call once, however many equal retries two processes send", async () => {
    const console = await startConsole();
    const env = { ASSENTRY_PATIENCE_SECONDS: "0.5" };
    const first = new AgentRig({
      consoleUrl: console.url,
      token: await console.enrol("notes"),
      server: "notes",
      env,
    });
    await first.initialize();
    first.call("ask", "delete_note", { name: "a" });
    const held = await onlyPending(console);
    expect(textOf(await first.answer("ask"))).toContain("Call again with the same arguments");
    const second = new AgentRig({ consoleUrl: console.url, server: "notes", env, stateDir: first.stateDir });
    await second.initialize();
    second.call("warm", "read_note");
    await second.answer("warm");
    await console.decide(held.id, "approve");
    for (let i = 0; i < 25; i++) for (const rig of [first, second]) rig.call(i, "delete_note", { name: "a" });
    const texts: string[] = [];
    for (let i = 0; i < 25; i++) for (const rig of [first, second]) texts.push(textOf(await rig.answer(i)));
    expect(texts.filter((text) => text === "did delete_note")).toHaveLength(1);
    expect(texts.filter((text) => text.includes("not executed"))).toHaveLength(49);
    const executed = [...first.executed, ...second.executed].filter((line) => line.includes("delete_note"));
    expect(executed).toHaveLength(1);
    await second.stop();
    await first.stop();
  });

  it("execute nothing after the agent was killed while its calls waited", async () => {
    const console = await startConsole();
    const rig = await agentAt(console, "notes");
    for (let i = 0; i < 5; i++) rig.call(i, "delete_note", { i });
    const waiting = await console.waitFor(async () => {
      const items = await console.pending();
      return items.length === 5 && items;
    });
    rig.process.kill("SIGKILL");
    await rig.exited;
    for (const one of waiting) await console.decide(one.id, "approve");
    const again = new AgentRig({ consoleUrl: console.url, server: "notes", stateDir: rig.stateDir });
    await again.initialize();
    await console.waitFor(async () => {
      again.call(`0-${Math.random()}`, "delete_note", { i: 0 });
      return again.messages.some((message) => textOf(message) === "did delete_note");
    });
    expect(rig.executed).toHaveLength(0);
    const ran = again.executed.filter((line) => line.includes("delete_note"));
    expect(ran).toHaveLength(1);
    await again.stop();
    await rig.stop();
  });
});
