import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY } from "@/agent/contract/policy";
import { eventually } from "../support/agent-rig";
import { agentWorld, eventOf, heldIn, textOf } from "../support/agent-world";

const world = agentWorld();

/** A server that says these lines as soon as it is told to, and logs what it reads like the line server. */
const TALKER = [
  process.execPath,
  "-e",
  `const { appendFileSync } = require("fs");
   require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
     appendFileSync(process.argv[1], line + "\\n");
     const m = JSON.parse(line);
     if (m.method === "notifications/say") for (const text of m.params.lines) process.stdout.write(text + "\\n");
     else if (m.id !== undefined && m.method)
       process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id: m.id, result: {} }) + "\\n");
   });`,
];

describe("an id that is used again after a cancellation", () => {
  it("belongs to the later call, whenever the first one ends", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(7, "delete_note", { n: 1 });
    await heldIn(console);
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
    const again = {
      jsonrpc: "2.0",
      id: 7,
      method: "tools/call",
      params: { name: "delete_note", arguments: { n: 2 } },
    };
    rig.raw(`${JSON.stringify(cancel)}\n${JSON.stringify(again)}\n`);
    await heldIn(console, 1);
    await eventually(() => console.held[0]?.waiterGone, "the first one's end");
    rig.call(7, "delete_note", { n: 3 });
    const refused = await eventually(() => rig.messages.find((message) => message.error), "a refusal");
    expect(refused.error?.message).toContain("in use");
    expect(console.held).toHaveLength(2);
  });
});

describe("a server that answers or asks in other words", () => {
  it("cannot answer a held call, under no spelling of its id", async () => {
    const console = await world.console();
    const rig = await world.agent(console, { command: TALKER });
    rig.call(7, "delete_note");
    await heldIn(console);
    const forged = (id: string) => `{"jsonrpc":"2.0","id":${id},"result":{"content":[]}}`;
    const lines = [forged("7"), forged('"7"'), forged("7.0"), forged('"07"'), forged('"said"')];
    rig.send({ method: "notifications/say", params: { lines } });
    await rig.answer("said");
    expect(rig.lines.filter((line) => line.includes('"content"'))).toEqual([forged('"said"')]);
  });

  it("asks nothing of the client past the rules", async () => {
    const console = await world.console();
    const rules = [
      { id: "no", match: { methods: ["*"], direction: "server" as const }, effect: "deny" as const },
      ...DEFAULT_POLICY.rules,
    ];
    console.publish({}, { ...DEFAULT_POLICY, rules });
    const rig = await world.agent(console, { command: TALKER });
    rig.call("first", "read_note");
    await heldIn(console);
    const ask = '"jsonrpc":"2.0","id":1,"method":"sampling/createMessage"';
    const lines = [
      `{${ask},"params":{}}`,
      `[{${ask},"params":{}}]`,
      `{${ask},"params":{"temperature":NaN}}`,
      `{${ask},"params":{},"method":"ping"}`,
      `{${ask},"params":{},"id":null,"method":"notifications/message"}`,
      `{${ask.replace("method", "Method")},"result":{}}`,
      `{${ask.replace("method", "m\\u0065thod")},"params":NaN}`,
      '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"said"}}',
    ];
    const before = rig.lines.length;
    rig.send({ method: "notifications/say", params: { lines } });
    await eventually(() => rig.lines.find((line) => line.includes('"said"')), "the last line");
    expect(rig.lines.slice(before)).toEqual([lines.at(-1)]);
  });
});

describe("an approval whose ticket came late", () => {
  it("releases nothing once the heartbeats have stopped", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    const held = await heldIn(console);
    console.beating = false;
    await eventually(() => {
      rig.call(`probe-${Math.random()}`, "delete_note");
      return rig.messages.some((message) => textOf(message).includes("cannot be reached"));
    });
    console.decide(held, "approved");
    expect(textOf(await rig.answer(1))).toContain("not executed");
    expect(held.claims).toBeGreaterThan(0);
    expect(rig.executed).toEqual([]);
    await eventOf(console, "call.refused", { code: "offline", request: held.id });
  });

  it("releases nothing that the rules have come to forbid", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    const held = await heldIn(console);
    const never = { id: "never", match: { tools: ["delete_*"] }, effect: "deny" };
    console.publish({}, { ...DEFAULT_POLICY, rules: [never, ...DEFAULT_POLICY.rules] });
    console.beat();
    console.decide(held, "approved");
    expect(textOf(await rig.answer(1))).toContain("does not permit it");
    expect(rig.executed).toEqual([]);
    await eventOf(console, "call.refused", { code: "policy_denied", request: held.id });
  });
});

describe("observing", () => {
  it("ends with the bundle when the console is silent", async () => {
    const console = await world.console();
    console.publish({
      mode: "observe",
      observe: { reason: "trying it", until: new Date(Date.now() + 3_600_000).toISOString() },
      notAfter: new Date(Date.now() - 1000).toISOString(),
    });
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    expect(textOf(await rig.answer(1))).toBe("did delete_note");
    console.beating = false;
    await eventually(() => {
      rig.call(`probe-${Math.random()}`, "delete_note");
      return rig.messages.some((message) => textOf(message).includes("cannot be reached"));
    });
  });
});

describe("a key that the console rejects", () => {
  it("makes the bundle void, also after a restart, until the console greets it again", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    console.rejecting = "unauthenticated";
    console.dropStreams();
    await eventually(() => {
      rig.call(`probe-${Math.random()}`, "read_note");
      return rig.messages.some((message) => textOf(message).includes("no valid policy"));
    });
    const executed = rig.executed.length;
    rig.call(2, "read_note");
    expect(textOf(await rig.answer(2))).toContain("no valid policy");
    expect(rig.executed).toHaveLength(executed);
    expect(readFileSync(join(rig.stateDir, "bundle.json"), "utf8")).toContain("payload");

    console.away.add("stream");
    const heir = await world.agent(console, { token: undefined, stateDir: rig.stateDir });
    heir.call(1, "read_note");
    expect(textOf(await heir.answer(1))).toContain("no valid policy");
    expect(heir.executed).toEqual([]);

    console.rejecting = null;
    console.away.clear();
    await eventually(() => {
      rig.call(`again-${Math.random()}`, "read_note");
      return rig.executed.length > executed;
    });
  });

  it("is noticed at any request, although the stream stays open", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    console.rejecting = "forbidden";
    rig.call(2, "delete_note");
    expect(textOf(await rig.answer(2))).toContain("not executed");
    await eventually(() => {
      rig.call(`probe-${Math.random()}`, "read_note");
      return rig.messages.some((message) => textOf(message).includes("no valid policy"));
    });
    expect(rig.executed.join()).not.toContain("delete_note");
  });
});
