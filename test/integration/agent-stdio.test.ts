import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/agent-rig";
import { agentWorld, eventOf, heldIn, textOf } from "../support/agent-world";

const world = agentWorld();
const READ_ONLY = { readOnlyHint: true, destructiveHint: false, openWorldHint: false };

describe("what is neither held nor refused", () => {
  it("passes byte for byte, both ways, and is recorded", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    const line =
      '{ "jsonrpc":"2.0","x-vendor":[1.0, 1e2],"id":9007199254740991,"method":"tools\\/call","params":{"_meta":{"a":1},"name":"read_note","arguments":{"n":9007199254740993,"\\u0061b":"\\ud83d\\ude00"}}}';
    rig.raw(`${line}\n`);
    expect(textOf(await rig.answer(9007199254740991))).toBe("did read_note");
    expect(rig.seen).toContain(line);
    expect(await eventOf(console, "call.allowed")).toMatchObject({
      method: "tools/call",
      tool: "read_note",
      caller: { kind: "os_user" },
    });
    expect(await eventOf(console, "call.finished")).toMatchObject({ outcome: "executed", request: null });
    expect(await eventOf(console, "server.listed")).toMatchObject({ serverInfo: { name: "line-server" } });
  });

  it("keeps its order, and vendor methods, notifications and answers pass", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call("warm", "read_note");
    await rig.answer("warm");
    const lines = [
      '{"jsonrpc":"2.0","id":1,"method":"vendor/thing","params":{"x":1}}',
      '{"jsonrpc":"2.0","method":"notifications/vendor","params":{}}',
      '{"jsonrpc":"2.0","id":"srv","result":{"y":2},"extra":true}',
      '{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"a:b"}}',
      '{"jsonrpc":"2.0","id":3,"method":"ping"}',
    ];
    rig.raw(`${lines.slice(0, 2).join("\n")}\n${lines[2]}\r\n${lines.slice(3).join("\n")}\n`);
    await rig.answer(3);
    expect(rig.seen.slice(-5)).toEqual(lines);
    expect(await eventOf(console, "call.allowed", { method: "vendor/thing" })).toMatchObject({
      flagged: true,
    });
  });

  it("is never one of the agent's own questions to the server, nor their answers", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    expect(rig.seen.some((line) => line.includes("assentry-"))).toBe(true);
    expect(rig.lines.some((line) => line.includes("assentry-"))).toBe(false);
  });
});

describe("a held call", () => {
  it("reaches the server once, after the approval and not before", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "delete_note", { name: "a" }, { progressToken: "p" });
    const held = await heldIn(console);
    expect(held.input).toMatchObject({ method: "tools/call", tool: { name: "delete_note" } });
    const progress = await eventually(() =>
      rig.messages.find((one) => one.method === "notifications/progress"),
    );
    expect(progress.params).toMatchObject({ progressToken: "p", progress: 0.000001 });
    expect(String(progress.params?.message)).toContain(held.id);
    rig.call(2, "read_note");
    await rig.answer(2);
    expect(rig.executed.join()).not.toContain("delete_note");
    console.decide(held, "approved");
    expect(textOf(await rig.answer(1))).toBe("did delete_note");
    expect(rig.executed.filter((line) => line.includes("delete_note"))).toHaveLength(1);
    const finished = await eventOf(console, "call.finished", { request: held.id });
    expect(finished).toMatchObject({ outcome: "executed" });
    const released = console.events.findIndex((event) => event.type === "call.released");
    expect(released).toBeGreaterThan(-1);
    expect(released).toBeLessThan(console.events.indexOf(finished));
  });

  it.each([
    ["denied", "decision_denied", "not on a Friday"],
    ["expired", "request_expired", null],
    ["withdrawn", "request_withdrawn", null],
    ["invalidated", "request_invalidated", null],
  ] as const)("that is %s is refused in words, and not executed", async (state, code, reason) => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    const held = await heldIn(console);
    console.decide(held, state, reason);
    const answer = await rig.answer(1);
    expect(answer.result?.isError).toBe(true);
    expect(textOf(answer)).toContain("not executed");
    if (reason) expect(textOf(answer)).toContain(reason);
    await eventOf(console, "call.refused", { code, request: held.id });
    expect(rig.executed).toHaveLength(0);
  });

  it("outlives the client's patience: the equal retry gets the approval, once", async () => {
    const console = await world.console();
    const rig = await world.agent(console, { env: { ASSENTRY_PATIENCE_SECONDS: "0.2" } });
    rig.call(1, "delete_note", { name: "a" });
    const answer = await rig.answer(1);
    const held = await heldIn(console);
    expect(textOf(answer)).toMatch(/not executed.*Call again with the same arguments/);
    expect(answer.result?._meta?.["io.assentry/approval"]).toMatchObject({ id: held.id, state: "pending" });
    await eventually(() => held.waiterGone === "patience");
    console.decide(held, "approved");
    rig.call(2, "delete_note", { name: "a" });
    expect(textOf(await rig.answer(2))).toBe("did delete_note");
    expect(console.held).toHaveLength(1);
    expect(rig.executed).toHaveLength(1);
  });

  it("is not sent when the client cancelled, and the console hears of it", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    const held = await heldIn(console);
    rig.send({ method: "notifications/cancelled", params: { requestId: 1 } });
    await eventually(() => held.waiterGone === "cancelled");
    console.decide(held, "approved");
    rig.call(2, "read_note");
    await rig.answer(2);
    expect(rig.seen.join()).not.toContain("delete_note");
    expect(rig.seen.join()).not.toContain("cancelled");
    expect(rig.messages.some((message) => message.id === 1)).toBe(false);
  });

  it("is let go when the client goes away", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    const held = await heldIn(console);
    rig.process.stdin?.end();
    await eventually(() => held.waiterGone === "disconnected");
    expect(await rig.exited).toBe(0);
    await eventOf(console, "session.closed");
  });

  it("is refused when the tool's definition changed while it waited", async () => {
    const console = await world.console();
    const folder = mkdtempSync(join(tmpdir(), "assentry-tools-"));
    const file = join(folder, "tools.json");
    const tools = (description: string) =>
      writeFileSync(
        file,
        JSON.stringify([
          { name: "delete_note", description, inputSchema: { type: "object" } },
          { name: "read_note", annotations: READ_ONLY, inputSchema: { type: "object" } },
        ]),
      );
    tools("Delete a note.");
    const rig = await world.agent(console, { extra: [file] });
    rig.call(1, "delete_note");
    const held = await heldIn(console);
    tools("Delete all notes.");
    rig.call(2, "read_note", { changed: true });
    await rig.answer(2);
    console.decide(held, "approved");
    const answer = await rig.answer(1);
    expect(textOf(answer)).toMatch(/not executed.*definition of this tool changed/);
    await eventOf(console, "call.refused", { code: "tool_changed", request: held.id });
    expect(rig.executed.join()).not.toContain("delete_note");
    expect(held.claims).toBe(0);
    rmSync(folder, { recursive: true });
  });
});
