import { describe, expect, it } from "vitest";
import { eventually } from "../support/agent-rig";
import { agentWorld, eventOf, heldIn, textOf } from "../support/agent-world";

const world = agentWorld();

describe("without the console's heartbeat", () => {
  it("only reads pass, and nothing is held", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    console.beating = false;
    await eventually(() => {
      rig.call(`probe-${Math.random()}`, "delete_note");
      return rig.messages.some((message) => textOf(message).includes("cannot be reached"));
    });
    rig.call(2, "read_note");
    expect(textOf(await rig.answer(2))).toBe("did read_note");
    await eventOf(console, "call.refused", { code: "offline" });
    expect(rig.executed.join()).not.toContain("delete_note");
    console.beating = true;
    console.beat();
    const held = console.held.length;
    await eventually(() => {
      rig.call(`again-${Math.random()}`, "delete_note");
      return console.held.length > held;
    });
  });

  it("signed for another position, permission ends all the same", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    console.beating = false;
    const wrong = setInterval(() => {
      console.beating = true;
      console.beat(Date.now(), { epoch: 0, seq: 99 });
      console.beating = false;
    }, 100);
    await eventually(() => {
      rig.call(`probe-${Math.random()}`, "delete_note");
      return rig.messages.some((message) => textOf(message).includes("cannot be reached"));
    });
    clearInterval(wrong);
  });
});

describe("a console that goes away", () => {
  it("and comes back finds its waiting calls still waiting", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    const held = await heldIn(console);
    const port = Number(new URL(console.url).port);
    await console.stop();
    held.state = "approved";
    await console.start(port);
    expect(textOf(await rig.answer(1))).toBe("did delete_note");
    expect(rig.executed).toHaveLength(1);
  });

  it("holds nothing: what it cannot record is refused", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    console.away.add("requests");
    rig.call(2, "delete_note");
    expect(textOf(await rig.answer(2))).toContain("not executed");
    await eventOf(console, "call.refused", { code: "console_unreachable" });
    expect(rig.executed).toHaveLength(1);
  });

  it("loses no event and gets none twice", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call("first", "read_note");
    await rig.answer("first");
    console.cut.set("events", 2);
    for (let i = 0; i < 50; i++) rig.call(i, "read_note");
    for (let i = 0; i < 50; i++) await rig.answer(i);
    await eventually(() => console.events.filter((event) => event.type === "call.finished").length >= 51);
    const allowed = console.events.filter((event) => event.type === "call.allowed");
    expect(new Set(allowed.map((event) => event.call)).size).toBe(51);
    expect(allowed).toHaveLength(51);
  });

  it("whose clock differs is followed", async () => {
    const console = await world.console();
    console.clockMs = 3_600_000;
    const rig = await world.agent(console);
    rig.call(1, "delete_note");
    console.decide(await heldIn(console), "approved");
    expect(textOf(await rig.answer(1))).toBe("did delete_note");
  });

  it("and was never there refuses every call after a moment, but not the conversation", async () => {
    const console = await world.console();
    const { url } = console;
    const token = console.token();
    await console.stop();
    const rig = world.silent(console, { consoleUrl: url, token });
    await rig.initialize();
    rig.call(1, "read_note");
    expect(textOf(await rig.answer(1))).toContain("not executed");
    expect(rig.executed).toHaveLength(0);
    await console.start();
  });
});
