import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
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
const agent = (args: string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [resolve("agent/bin.js"), ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    input: "",
  });
const run = (stateDir: string, ...flags: string[]) =>
  agent(["run", "--console", "http://127.0.0.1:9", "--server", "files", "--state-dir", stateDir, ...flags]);

describe("the command line", () => {
  it("explains itself, and tells mistakes with exit code 2", () => {
    expect(agent(["--help"])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("assentry-agent run"),
    });
    const state = join(folder(), "state");
    const mistakes: [string[], string][] = [
      [[], "no command"],
      [["fly"], "no such command"],
      [["run", "--server", "x"], "command to start is missing"],
      [["run", "--", "cat"], "--server"],
      [["run", "--server", "x", "--bogus", "--", "cat"], "bogus"],
      [["run", "--server", "x", "--mode", "off", "--", "cat"], "--mode"],
      [["run", "--server", "x", "--console", "http://example.org", "--", "cat"], "https"],
      [["run", "--server", "x", "--enroll", "aet_1", "--", "cat"], "enrolment token"],
      [["run", "--server", "x", "--state-dir", state, "--", "cat"], "not enrolled"],
    ];
    for (const [args, text] of mistakes) {
      const { status, stderr, stdout } = agent(args);
      expect([status, stdout], args.join(" ")).toEqual([2, ""]);
      expect(stderr, args.join(" ")).toContain(text);
    }
  });

  it("passes the child's exit code through, and says when it cannot be started", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note", { crash: true });
    expect(await rig.exited).toBe(3);
    await eventOf(console, "call.finished", { outcome: "unknown" });
    const none = world.silent(console, { command: ["/nonexistent/server"] });
    expect(await none.exited).toBe(127);
    expect(none.stderr).toContain("could not be started");
  });

  it("hides the agent's environment from the server it starts", async () => {
    const console = await world.console();
    const script = "require('fs').writeFileSync(process.argv[1], Object.keys(process.env).join())";
    const rig = world.silent(console, {
      token: "",
      env: { ASSENTRY_ENROLL_TOKEN: console.token(), ASSENTRY_LOG_LEVEL: "info" },
      command: [process.execPath, "-e", script],
    });
    await rig.exited;
    expect(readFileSync(rig.log, "utf8")).toContain("PATH");
    expect(readFileSync(rig.log, "utf8")).not.toContain("ASSENTRY");
  });

  it("ends on SIGTERM, and takes the child along", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.process.kill("SIGTERM");
    expect(await rig.exited).toBe(143);
  });
});

describe("the state directory", () => {
  it("is the owner's alone, and refused when others can read it", async () => {
    const console = await world.console();
    const rig = await world.agent(console);
    rig.call(1, "read_note");
    await rig.answer(1);
    expect(statSync(rig.stateDir).mode & 0o777).toBe(0o700);
    const files = readdirSync(rig.stateDir, { recursive: true, withFileTypes: true });
    for (const file of files)
      expect(statSync(join(file.parentPath, file.name)).mode & 0o077, file.name).toBe(0);
    const open = folder();
    chmodSync(open, 0o755);
    expect(run(open, "--enroll", console.token(), "--", "cat")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("can be read by others"),
    });
  });

  it("belongs to one server, and to the key that was enrolled", async () => {
    const console = await world.console();
    const stateDir = join(folder(), "state");
    const rig = await world.agent(console, { stateDir });
    rig.call(1, "read_note");
    await rig.answer(1);
    await rig.stop();
    const other = agent(["run", "--server", "other", "--state-dir", stateDir, "--", "cat"]);
    expect(other).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('belongs to the server "files"'),
    });
    rmSync(join(stateDir, "key.pem"));
    expect(run(stateDir, "--", "cat")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("not the enrolled one"),
    });
  });
});

describe("enrolment", () => {
  it("happens once, however many processes start at once", async () => {
    const console = await world.console();
    const stateDir = join(folder(), "state");
    const token = console.token();
    const rigs = [1, 2, 3].map(() => world.silent(console, { stateDir, token }));
    for (const [at, rig] of rigs.entries()) {
      await rig.initialize();
      rig.call(at, "read_note");
      expect(textOf(await rig.answer(at))).toBe("did read_note");
    }
    expect(console.enrolments).toHaveLength(1);
    for (const rig of rigs) await rig.stop();
    const later = await world.agent(console, { stateDir, token: "" });
    later.call(1, "read_note");
    await later.answer(1);
    expect(console.enrolments).toHaveLength(1);
  });

  it("is refused when the console's keys are not those the token names", async () => {
    const console = await world.console();
    const rig = await world.agent(console, { token: console.token("0".repeat(32)) });
    rig.call(1, "read_note");
    expect(textOf(await rig.answer(1))).toMatch(/not executed.*keys are not those/);
    expect(existsSync(join(rig.stateDir, "enrolment.json"))).toBe(false);
    expect(rig.executed).toHaveLength(0);
    expect(rig.stderr).toContain("not enrolled");
  });

  it("never shows the token in a log", async () => {
    const console = await world.console();
    const token = console.token();
    const rig = await world.agent(console, { token, env: { ASSENTRY_LOG_LEVEL: "debug" } });
    rig.call(1, "delete_note", { secret: "hunter2" });
    await heldIn(console);
    await rig.stop();
    expect(rig.stderr).not.toContain(token.split("_")[2]);
    expect(rig.stderr).not.toContain("hunter2");
  });
});

describe("a probe", () => {
  it("that only discovers what the server speaks opens no stream and leaves no event", async () => {
    const console = await world.console();
    const rig = world.silent(console);
    rig.send({ id: 1, method: "server/discover", params: {} });
    await rig.answer(1);
    rig.process.stdin?.end();
    expect(await rig.exited).toBe(0);
    expect([...console.lastSeq.keys()]).toHaveLength(0);
    expect(existsSync(join(rig.stateDir, "spool"))).toBe(false);
  });
});
