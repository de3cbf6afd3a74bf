import { afterEach, describe, expect, it } from "vitest";
import { AgentRig, eventually, type RigOptions } from "../support/agent-rig";
import { ContractConsole } from "../support/contract-console";

const open: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

async function startConsole(): Promise<ContractConsole> {
  const console = await new ContractConsole().start();
  open.push(console);
  return console;
}

async function startRig(console: ContractConsole, options: Partial<RigOptions> = {}): Promise<AgentRig> {
  const rig = new AgentRig({ consoleUrl: console.url, token: console.token(), ...options });
  open.push(rig);
  await rig.initialize();
  return rig;
}

const textOf = (message: { result?: { content?: { text: string }[] } }) =>
  message.result?.content?.[0]?.text ?? "";
const heldIn = (console: ContractConsole, at = 0) => eventually(() => console.held[at], "a held call");
const eventsOf = (console: ContractConsole, type: string) =>
  console.events.filter((event) => event.type === type);

describe("allowed calls", () => {
  it("pass byte for byte, both ways, and are recorded", async () => {
    const console = await startConsole();
    const rig = await startRig(console);
    const line =
      '{ "jsonrpc":"2.0","x-vendor":[1.0, 1e2],"id":9007199254740991,"method":"tools\\/call","params":{"_meta":{"a":1},"name":"read_note","arguments":{"n":9007199254740993,"\\u0061b":"\\ud83d\\ude00"}}}';
    rig.raw(`${line}\n`);
    const answer = await rig.answer(9007199254740991);
    expect(textOf(answer)).toBe("did read_note");
    expect(rig.seen).toContain(line);
    const allowed = await eventually(() => eventsOf(console, "call.allowed")[0]);
    expect(allowed).toMatchObject({ method: "tools/call", tool: "read_note", caller: { kind: "os_user" } });
    await eventually(() => eventsOf(console, "call.finished")[0]);
    expect(eventsOf(console, "server.listed")[0]).toMatchObject({ serverInfo: { name: "line-server" } });
  });
});

describe("held calls", () => {
  it("reach the server once, after the approval and not before", async () => {
    const console = await startConsole();
    const rig = await startRig(console);
    rig.call(1, "delete_note", { name: "a" }, { progressToken: "p" });
    const held = await heldIn(console);
    expect(held.input).toMatchObject({ method: "tools/call", tool: { name: "delete_note" } });
    const progress = await eventually(() => rig.messages.find((one) => one.method === "notifications/progress"));
    expect(progress.params).toMatchObject({ progressToken: "p", progress: 0.000001 });
    expect(String(progress.params?.message)).toContain(held.id);
    rig.call(2, "read_note");
    await rig.answer(2);
    expect(rig.executed.join()).not.toContain("delete_note");
    console.decide(held, "approved");
    expect(textOf(await rig.answer(1))).toBe("did delete_note");
    expect(rig.executed.filter((line) => line.includes("delete_note"))).toHaveLength(1);
    const finished = await eventually(() =>
      console.events.find((event) => event.type === "call.finished" && event.request === held.id),
    );
    expect(finished).toMatchObject({ outcome: "executed" });
    expect(console.events.findIndex((event) => event.type === "call.released")).toBeLessThan(
      console.events.indexOf(finished),
    );
  });
});
