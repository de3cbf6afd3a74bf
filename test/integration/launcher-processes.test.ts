import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { choosePlace } from "../../scripts/lib/environment.mjs";
import { nextFreePort } from "../../scripts/lib/ports.mjs";
import { inspectProcess } from "../../scripts/lib/process-info.mjs";

const program = join(__dirname, "../support/supervised.mjs");
const before = { ...process.env };
let command: ChildProcess | undefined;

afterEach(() => {
  process.env = { ...before };
  command?.kill("SIGKILL");
});

type Pids = { stubborn: number; follower: number; child: number };

/** Starts the command; ready when everything it starts has said so. */
async function start(graceMs: number) {
  const child = spawn(process.execPath, [program, "command", String(graceMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  command = child;
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  const said = (): Partial<Pids> =>
    Object.assign({}, ...lines.flatMap((line) => line.match(/\{.*\}/) ?? []).map((text) => JSON.parse(text)));
  while (Object.keys(said()).length < 3) await once(reader, "line");
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, lines, ended, pids: said() as Pids, reader };
}

const running = (pids: Pids) => Object.values(pids).filter((pid) => inspectProcess(pid));

test("a signal ends every process, then lets go of what was held, last first", async () => {
  const { child, lines, ended, pids } = await start(300);
  expect(running(pids)).toHaveLength(3);
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  expect(running(pids)).toEqual([]);
  expect(lines.slice(-2)).toEqual(["let go: second", "let go: first"]);
});

test("a second signal takes away the patience, nothing else", async () => {
  const { child, lines, ended, pids, reader } = await start(1e9);
  child.kill("SIGINT");
  while (!lines.includes("[stubborn] not now")) await once(reader, "line");
  const again = setInterval(() => child.kill("SIGINT"), 100);
  expect(await ended).toBe(130);
  clearInterval(again);
  expect(running(pids)).toEqual([]);
  expect(lines.slice(-2)).toEqual(["let go: second", "let go: first"]);
});

test("a child that follows the launcher does not outlive it", async () => {
  const { child, pids } = await start(1e9);
  child.kill("SIGKILL");
  while (inspectProcess(pids.follower)) await new Promise((done) => setTimeout(done, 50));
  for (const pid of [pids.stubborn, pids.child]) process.kill(pid, "SIGKILL");
});

test("a port in use stops the start, and makes the demo take the next", async () => {
  const server = createServer().listen(await nextFreePort("127.0.0.1", 20_000), "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  process.env.PORT = String(port);
  process.env.HOST = "";
  process.env.AUTH_URL = "";
  try {
    await expect(choosePlace({ whenBusy: "fail", log: () => {} })).rejects.toThrow(`Port ${port} is in use`);
    const said: string[] = [];
    const place = await choosePlace({ whenBusy: "next", log: (line) => said.push(line) });
    expect(place.port).toBeGreaterThan(port);
    expect(place).toMatchObject({ host: "127.0.0.1", address: `http://localhost:${place.port}` });
    expect(said).toEqual([`Port ${port} is in use; taking ${place.port}`]);
  } finally {
    server.close();
  }
});

test.each(["0", "80x", "70000", "-1"])("PORT=%s is refused", async (port) => {
  process.env.PORT = port;
  await expect(choosePlace({ whenBusy: "next", log: () => {} })).rejects.toThrow(/PORT must be a number/);
});
