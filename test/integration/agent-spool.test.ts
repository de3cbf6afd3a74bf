import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "../support/agent-rig";
import { agentWorld, eventOf, heldIn, textOf } from "../support/agent-world";

const world = agentWorld();
const folders: string[] = [];
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), "assentry-state-"));
  folders.push(path);
  return path;
};
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

describe("a process that was killed", () => {
  it("leaves its events to the next, and what it had sent has an unknown outcome", async () => {
    const console = await world.console();
    const stateDir = join(folder(), "state");
    const first = await world.agent(console, { stateDir });
    first.call("a", "read_note");
    await first.answer("a");
    await eventOf(console, "call.finished");
    console.away.add("events");
    first.call("b", "delete_note", { silent: true });
    const held = await heldIn(console);
    console.decide(held, "approved");
    await eventually(() => first.executed.some((line) => line.includes("delete_note")));
    first.process.kill("SIGKILL");
    await first.exited;
    console.away.clear();
    const next = await world.agent(console, { stateDir });
    next.call("c", "read_note");
    await next.answer("c");
    await eventOf(console, "call.released", { request: held.id });
    await eventOf(console, "call.finished", { request: held.id, outcome: "unknown" });
    await eventually(() => readdirSync(join(stateDir, "spool")).length === 1);
    await next.stop();
    expect(readdirSync(join(stateDir, "spool"))).toHaveLength(0);
  });

  it("does not run an approved call again: the decision waits for a new ticket", async () => {
    const console = await world.console();
    const stateDir = join(folder(), "state");
    const first = await world.agent(console, { stateDir });
    first.call(1, "delete_note");
    const held = await heldIn(console);
    first.process.kill("SIGKILL");
    await first.exited;
    console.decide(held, "approved");
    expect(first.executed).toHaveLength(0);
    expect(held.claims).toBe(0);
  });
});

describe("the spool", () => {
  it("that is full refuses calls instead of letting them pass unrecorded", async () => {
    const console = await world.console();
    const rig = await world.agent(console, { env: { ASSENTRY_SPOOL_MAX_BYTES: "65536" } });
    rig.call("warm", "read_note");
    await rig.answer("warm");
    console.away.add("events");
    let refused: string | null = null;
    for (let i = 0; refused === null && i < 1000; i++) {
      rig.call(i, "read_note");
      const text = textOf(await rig.answer(i));
      if (text.includes("not executed")) refused = text;
    }
    expect(refused).toContain("cannot record");
    console.away.clear();
    await eventually(() => {
      rig.call(`later-${Math.random()}`, "read_note");
      return console.events.some((event) => event.type === "call.refused" && event.code === "spool_full");
    });
    await eventually(
      () =>
        textOf(rig.messages.at(-1) ?? {}) === "did read_note" ||
        rig.call(Math.random().toString(), "read_note"),
    );
  });

  it("that cannot be written refuses calls", async () => {
    const console = await world.console();
    const stateDir = join(folder(), "state");
    mkdirSync(stateDir, { mode: 0o700 });
    const rig = await world.agent(console, { stateDir, extra: [] });
    rig.call(1, "read_note");
    await rig.answer(1);
    await rig.stop();
    rmSync(join(stateDir, "spool"), { recursive: true, force: true });
    mkdirSync(join(stateDir, "elsewhere"));
    writeFileSync(join(stateDir, "spool"), "not a folder");
    const next = await world.agent(console, { stateDir });
    next.call(1, "read_note");
    expect(textOf(await next.answer(1))).toContain("not executed");
    expect(next.executed).toHaveLength(0);
  });
});
