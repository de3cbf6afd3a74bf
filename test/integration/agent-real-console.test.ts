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
});
