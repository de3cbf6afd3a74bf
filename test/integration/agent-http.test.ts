import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "../support/agent-rig";
import { ContractConsole } from "../support/contract-console";
import { RecordingServer } from "../support/http-server";
import { type ServeOptions, ServeRig } from "../support/serve-rig";

const open: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

async function started<T extends { start(): Promise<T>; stop(): Promise<unknown> }>(thing: T): Promise<T> {
  open.push(thing);
  return thing.start();
}

async function rigOf(options: Partial<ServeOptions> = {}) {
  const console = await started(new ContractConsole());
  const rig = await started(new ServeRig({ consoleUrl: console.url, token: console.token(), ...options }));
  return { console, rig };
}

async function relayOf(options: Partial<ServeOptions> = {}) {
  const server = await started(new RecordingServer());
  return { server, ...(await rigOf({ upstream: server.url, ...options })) };
}

const heldIn = (console: ContractConsole, at = 0) => eventually(() => console.held[at], "a held call");
const textIn = (message?: { result?: { content?: { text: string }[] } }) =>
  message?.result?.content?.[0]?.text;

describe("in front of a server that speaks HTTP", () => {
  it("passes allowed calls byte for byte, both ways", async () => {
    const { server, console, rig } = await relayOf();
    await rig.initialize();
    const reply =
      '{ "jsonrpc":"2.0",\n "x-vendor":[1.0,1e2], "id":9007199254740991, "result":{"n":9007199254740993,"content":[]}}\n';
    server.answer = (_, rpc, response) => {
      if (rpc.method !== "tools/call") return false;
      response.writeHead(200, { "content-type": "application/json; charset=utf-8", "x-request-id": "r1" });
      response.end(reply);
      return true;
    };
    const body =
      '{ "jsonrpc":"2.0",\r\n  "x-vendor":[1.0, 1e2],"id":9007199254740991,"method":"tools\\/call","params":{"_meta":{"a":1},"name":"read_note","arguments":{"n":9007199254740993,"\\u0061b":"\\ud83d\\ude00"}}}\n';
    const answer = await rig.raw(body, { "mcp-param-region": "eu" }).whole;
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(reply);
    expect(answer.headers).toMatchObject({
      "x-request-id": "r1",
      "content-type": "application/json; charset=utf-8",
    });
    const seen = server.seen.find((one) => one.body === body);
    expect(seen?.headers).toMatchObject({ "mcp-param-region": "eu", "mcp-session-id": rig.session });
    expect(seen?.headers.authorization).toBeUndefined();
    expect(JSON.stringify(server.seen)).not.toContain(rig.secret);
    const finished = await eventually(() => console.events.find((event) => event.type === "call.finished"));
    expect(finished).toMatchObject({ outcome: "executed" });
    const allowed = console.events.find((event) => event.type === "call.allowed");
    expect(allowed).toMatchObject({ tool: "read_note", caller: { kind: "credential" } });
  });

  it("sends nothing of a held call before the decision, and everything once after it", async () => {
    const { server, console, rig } = await relayOf();
    await rig.initialize();
    const body =
      '{"jsonrpc":"2.0","id":7,\n"method":"tools/call","params":{"name":"delete_note","arguments":{"n":1.0},"_meta":{"progressToken":"p"}}}';
    const sent = rig.raw(body);
    const held = await heldIn(console);
    const head = await sent.head;
    expect(head.headers["content-type"]).toBe("text/event-stream");
    await eventually(() => sent.text.includes(held.id), "progress");
    expect(sent.firstByteMs).toBeLessThan(1000);
    expect(server.calls).toEqual([]);
    console.decide(held, "approved");
    const { messages } = await sent.whole;
    expect(messages[0]).toMatchObject({ method: "notifications/progress", params: { progressToken: "p" } });
    expect(textIn(messages.at(-1))).toBe("did delete_note");
    expect(server.calls).toEqual([body]);
  });
});

describe("in front of a command", () => {
  it("gives every session a process of its own", async () => {
    const { console, rig } = await rigOf();
    await rig.initialize();
    const answer = await rig.raw(
      '{"jsonrpc":"2.0",\n "id":1,\r\n "method":"tools/call","params":{"name":"read_note"}}',
    ).whole;
    expect(textIn(answer.messages[0])).toBe("did read_note");
    expect(rig.seen).toContain(
      '{"jsonrpc":"2.0", "id":1, "method":"tools/call","params":{"name":"read_note"}}',
    );
    const sent = rig.call(2, "delete_note");
    const held = await heldIn(console);
    expect(rig.seen.join()).not.toContain("delete_note");
    console.decide(held, "denied", "not today");
    const { messages } = await sent.whole;
    expect(messages.at(-1)?.result?.isError).toBe(true);
    expect(textIn(messages.at(-1))).toContain("not today");
    expect(rig.seen.join()).not.toContain("delete_note");
  });
});
