import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentEvent } from "@/agent/contract/v1";
import { ConsoleRefusal, Unreachable } from "@/agent/src/console";
import { livesOn, ownMark } from "@/agent/src/process-mark";
import { Spool, SpoolFull } from "@/agent/src/spool";
import { SEGMENT_BYTES, SpoolFolder } from "@/agent/src/spool-folder";
import { createOwned, FOREIGN_SILENCE_MS, inherit } from "@/agent/src/spool-owner";
import { drain } from "@/agent/src/spool-sender";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "assentry-spool-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const INSTANCE = "ins_0123456789";
const alarm = (detail: string): AgentEvent => ({
  type: "agent.alarm",
  at: "2026-01-01T00:00:00.000Z",
  code: "test",
  detail,
});
const text = (detail: string) => JSON.stringify(alarm(detail));
const released = (call: string) =>
  JSON.stringify({ type: "call.released", at: "2026-01-01T00:00:00.000Z", call, request: "req_00000001" });
const finished = (call: string) =>
  JSON.stringify({ type: "call.finished", at: "x", call, request: "req_00000001" });

/** Takes only the next number, as the console does. */
function sink(lastSeq = 0) {
  const got: number[] = [];
  const state = { lastSeq, got, failures: [] as Error[], bodies: [] as string[] };
  const events = async (body: string): Promise<number> => {
    const failure = state.failures.shift();
    if (failure) throw failure;
    state.bodies.push(body);
    const parsed = JSON.parse(body) as { events: { seq: number }[] };
    const first = parsed.events[0]?.seq;
    if (first !== state.lastSeq + 1)
      throw new ConsoleRefusal(409, "sequence", "", { lastSeq: state.lastSeq });
    for (const { seq } of parsed.events) got.push(seq);
    state.lastSeq = parsed.events.at(-1)?.seq ?? state.lastSeq;
    return state.lastSeq;
  };
  return { ...state, events, state };
}
const send = (folder: SpoolFolder, to: ReturnType<typeof sink>) => drain(folder, INSTANCE, to, () => null);

describe("a folder of events", () => {
  it("numbers them from one, keeps segments small and deletes what the console has", async () => {
    const folder = new SpoolFolder(root);
    const big = "x".repeat(300_000);
    for (let i = 0; i < 10; i++) folder.append(text(big));
    expect(readdirSync(root)).toHaveLength(4);
    expect(folder.bytes).toBeLessThan(4 * SEGMENT_BYTES);
    const console = sink();
    await send(folder, console);
    expect(console.got).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    folder.close();
    expect(readdirSync(root)).toEqual([]);
    expect(folder.bytes).toBe(0);
  });

  it("goes on where the console stands after lost replies and double sends", async () => {
    const folder = new SpoolFolder(root);
    for (let i = 0; i < 500; i++) folder.append(text(`${i}`));
    const console = sink();
    console.state.failures.push(new Unreachable("cut"));
    await expect(send(folder, console)).rejects.toThrow("cut");
    console.state.lastSeq = 150;
    await send(folder, console);
    expect(console.got).toEqual(Array.from({ length: 350 }, (_, i) => 151 + i));
    expect(console.state.bodies.every((body) => JSON.parse(body).events.length <= 200)).toBe(true);
  });

  it("drops a torn last line and keeps its number free", async () => {
    const folder = new SpoolFolder(root);
    for (let i = 0; i < 3; i++) folder.append(text(`${i}`));
    folder.close();
    appendFileSync(join(root, "1.jsonl"), '{"seq":4,"event":{"type":"agent.alarm","at":"2026');
    const heir = SpoolFolder.load(root);
    expect(heir.lastSeq).toBe(3);
    expect(heir.append(text("next"))).toBe(4);
    const console = sink();
    await send(heir, console);
    expect(console.got).toEqual([1, 2, 3, 4]);
  });

  it("says that events are missing instead of sending others in their place", async () => {
    const folder = new SpoolFolder(root);
    for (let i = 0; i < 3; i++) folder.append(text(`${i}`));
    folder.close();
    const heir = SpoolFolder.load(root);
    const console = sink();
    console.state.lastSeq = 7;
    await send(heir, console);
    expect(console.got).toEqual([]);
    writeFileSync(join(root, "1.jsonl"), `{"seq":9,"event":${text("late")}}\n`);
    await expect(send(SpoolFolder.load(root), console)).rejects.toThrow();
  });

  it("puts an alarm in the place of an event that the console will never take", async () => {
    const folder = new SpoolFolder(root);
    for (let i = 0; i < 3; i++) folder.append(text(`${i}`));
    const console = sink();
    const refusal = new ConsoleRefusal(422, "invalid", "", {});
    console.state.failures.push(refusal, refusal);
    await send(folder, console);
    expect(console.got).toEqual([1, 2, 3]);
    expect(console.state.bodies[0]).toContain("event_refused");
  });

  it("keeps a released call until its outcome is known, also from an heir", async () => {
    const folder = new SpoolFolder(root);
    folder.append(released("cal_00000001"), true);
    folder.append(released("cal_00000002"), true);
    folder.append(finished("cal_00000001"));
    await send(folder, sink());
    folder.close();
    const heir = SpoolFolder.load(root);
    expect(heir.unfinished).toEqual([{ call: "cal_00000002", request: "req_00000001" }]);
    heir.append(finished("cal_00000002"));
    const console = sink(3);
    await send(heir, console);
    expect(console.got).toEqual([4]);
    heir.close();
    expect(readdirSync(root)).toEqual([]);
  });
});

describe("the spool's cap", () => {
  it("counts other processes' events, refuses intents and leaves room to say so", () => {
    mkdirSync(join(root, "ins_other000001"));
    writeFileSync(join(root, "ins_other000001", "1.jsonl"), "x".repeat(60_000));
    const spool = new Spool(root, INSTANCE, 64_000);
    spool.intend(alarm("x".repeat(200)));
    for (let i = 0; i < 20; i++) spool.report(alarm("x".repeat(250)));
    expect(() => spool.intend(alarm("one more"))).toThrow(SpoolFull);
    const before = spool.folder?.lastSeq ?? 0;
    spool.report(alarm("refused"));
    expect(spool.folder?.lastSeq).toBe(before + 1);
    for (let i = 0; i < 100; i++) spool.report(alarm("x".repeat(250)));
    rmSync(join(root, "ins_other000001"), { recursive: true });
    spool.report(alarm("room again"));
    const last =
      spool.folder
        ?.unsent(1000, 1e6)
        .slice(-2)
        .map((line) => line.text) ?? [];
    expect(last[0]).toContain("events_dropped");
    expect(last[1]).toContain("room again");
  });
});

describe("an heir", () => {
  it("takes over a dead process's folder, one heir only, never a living one's", () => {
    const path = createOwned(root, INSTANCE);
    expect(inherit(path)).toBe(false);
    const own = join(path, `owner-${ownMark()}`);
    const dead = ownMark().replace(/-\d+-\d+$/, "-999999999-1");
    renameSync(own, join(path, `owner-${dead}`));
    expect(inherit(path)).toBe(true);
    expect(inherit(path)).toBe(false);
    expect(readdirSync(path)).toEqual([`owner-${ownMark()}`]);
  });

  it("takes an owner elsewhere for dead only after a long silence", () => {
    const path = createOwned(root, INSTANCE);
    const foreign = join(path, "owner-0123456789ab-1-1");
    renameSync(join(path, `owner-${ownMark()}`), foreign);
    expect(inherit(path)).toBe(false);
    const long = new Date(Date.now() - FOREIGN_SILENCE_MS - 1000);
    utimesSync(foreign, long, long);
    expect(inherit(path)).toBe(true);
  });

  it("does not take a reused pid for the process that had it", () => {
    expect(livesOn(ownMark())).toBe(true);
    const [place, pid] = ownMark().split("-");
    expect(livesOn(`${place}-${pid}-1`)).toBe(false);
  });
});
