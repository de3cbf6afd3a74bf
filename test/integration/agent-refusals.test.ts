import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { eventually, LINE_SERVER, PYTHON_SERVER } from "../support/agent-rig";
import { agentWorld, eventOf } from "../support/agent-world";

const world = agentWorld();
const call = (rest: string) => `{"jsonrpc":"2.0","method":"tools/call",${rest}}`;
const deleting = '"params":{"name":"delete_note","arguments":{}}';

/** Each would make some reader see another message than the one that was judged. */
const MESSAGES: [string, string | Buffer][] = [
  ["a duplicate key", call('"id":7,"params":{"name":"read_note","name":"delete_note"}')],
  ["a duplicate key by escape", call('"id":7,"params":{"name":"read_note","n\\u0061me":"delete_note"}')],
  ["a key that differs in case", call('"id":7,"params":{"name":"read_note","Name":"delete_note"}')],
  ["a key with a Kelvin sign", call('"id":7,"params":{"name":"read_note","to\u212aen":1,"token":2}')],
  ["a method twice", `{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/call",${deleting}}`],
  ["a lone surrogate", call('"id":7,"params":{"name":"read_note","arguments":{"a":"\\ud800"}}')],
  [
    "excess depth",
    call(`"id":7,"params":{"name":"read_note","arguments":{"a":${"[".repeat(200)}${"]".repeat(200)}}}`),
  ],
  ["a batch", `[${call(`"id":7,${deleting}`)}]`],
  ["a call without an id", call(deleting)],
  ["a call with id null", call(`"id":null,${deleting}`)],
  ["an escaped method without an id", `{"jsonrpc":"2.0","method":"tools\\/call",${deleting}}`],
  ["a carriage return inside", `{"jsonrpc":"2.0","id":7,"method":"ping"}\r${call(`"id":8,${deleting}`)}`],
  ["a carriage return between tokens", `{"jsonrpc":"2.0",\r"id":7,"method":"ping"}`],
  ["NEL in a text", call('"id":7,"params":{"name":"read_note","arguments":{"a":"\u0085"}}')],
  ["U+2028 in a text", call(`"id":7,"params":{"name":"read_note","arguments":{"a":"\u2028${"x"}"}}`)],
  ["a form feed", `{"jsonrpc":"2.0","id":7,"method":"ping"}\f${call(`"id":8,${deleting}`)}`],
  [
    "not UTF-8",
    Buffer.concat([
      Buffer.from(call('"id":7,"params":{"name":"read_note","arguments":{"a":"')),
      Buffer.from([0xff, 0xfe, 0x22, 0x7d, 0x7d, 0x7d]),
    ]),
  ],
  ["a byte order mark", `\ufeff${call(`"id":7,${deleting}`)}`],
  ["no JSON", "tools/call delete_note"],
  ["two messages on one line", `{"jsonrpc":"2.0","id":7,"method":"ping"} ${call(`"id":8,${deleting}`)}`],
  ["a tool that is no name", call('"id":7,"params":{"name":["delete_note"]}')],
];

const hasPython = spawnSync("python3", ["--version"]).status === 0;
const READERS = [
  ["Node's readline", LINE_SERVER] as const,
  ...(hasPython ? [["Python's text reader", PYTHON_SERVER] as const] : []),
];

describe.each(READERS)("messages that two readers may read differently, before %s", (_name, command) => {
  it("are each refused, and not a byte of them reaches the server", async () => {
    const console = await world.console();
    const rig = await world.agent(console, { command });
    rig.call("before", "read_note");
    await rig.answer("before");
    const seen = rig.seen.length;
    for (const [name, bytes] of MESSAGES) {
      const answers = rig.messages.length;
      rig.raw(Buffer.concat([Buffer.from(bytes), Buffer.from("\n")]));
      const answer = await eventually(() => rig.messages[answers], `an answer to ${name}`);
      expect(answer.error?.code ?? (answer.result?.isError ? -32600 : 0), name).toBe(-32600);
      expect(JSON.stringify(answer), name).toContain("not executed");
    }
    rig.send({ id: "after", method: "ping" });
    await rig.answer("after");
    expect(rig.seen.slice(seen)).toEqual(['{"jsonrpc":"2.0","id":"after","method":"ping"}']);
    const refusals = () =>
      console.events.filter((event) => event.type === "call.refused" && event.code === "malformed");
    await eventually(() => refusals().length === MESSAGES.length, "their record");
    expect(console.held).toHaveLength(0);
  });
});

describe("an id in use", () => {
  it("is refused, also as 1.0 for 1, until the first call is answered", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    await eventually(() => console.held[0]);
    rig.raw(`${call('"id":1.0,"params":{"name":"read_note"}')}\n`);
    const refused = await eventually(() => rig.messages.find((message) => message.error));
    expect(refused.error).toMatchObject({ code: -32600 });
    expect(refused.error?.message).toContain("in use");
    rig.call("1", "read_note");
    await rig.answer("1");
    expect(rig.executed).toHaveLength(1);
    await eventOf(console, "call.refused", { detail: "id_in_use" });
  });
});

describe("lines of excess length", () => {
  it("are refused, and what follows is read", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.raw(`{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":"${"x".repeat(17 * 1024 * 1024)}"}}\n`);
    rig.send({ id: 8, method: "ping" });
    await rig.answer(8);
    expect(rig.messages.find((message) => message.error)?.error?.message).toContain("too long");
  });
});
