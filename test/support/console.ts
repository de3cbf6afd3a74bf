import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd } from "./cleanup";
import { createDatabase, databaseEnv, type TestDatabase } from "./database";

/** What came over the wire, for assertions. */
export type Json = ReturnType<typeof JSON.parse>;

export const ROOT = path.resolve(import.meta.dirname, "../..");
export const OWNER = { email: "owner@example.test", password: "correct horse battery staple" };

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Runs a program to its end and gives its stdout; throws with its stderr when it fails. */
export async function run(
  command: string,
  args: string[],
  env: Record<string, string>,
  input = "",
): Promise<string> {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${err.slice(-2000)}`);
  return out;
}

interface ConsoleProcess {
  url: string;
  port: number;
  /** what it wrote to stderr and stdout */
  output(): string;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // gone already
  }
}

const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const { pid } of children) if (pid) killGroup(pid, "SIGKILL");
});

/** One production console process (`next start`) that is ready. */
async function startProcess(env: Record<string, string>, port: number): Promise<ConsoleProcess> {
  const child = spawn(
    process.execPath,
    ["node_modules/next/dist/bin/next", "start", "-H", "127.0.0.1", "-p", String(port)],
    { cwd: ROOT, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  children.add(child);
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  const exited = once(child, "close").then(() => children.delete(child));
  const deadline = Date.now() + 60_000;
  for (;;) {
    const ready = await fetch(`http://localhost:${port}/api/v1/health`).then(
      (r) => r.ok,
      () => false,
    );
    if (ready) break;
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`the console did not start:\n${output}`);
    await sleep(50);
  }
  return {
    url: `http://localhost:${port}`,
    port,
    output: () => output,
    kill: async (signal = "SIGTERM") => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      killGroup(child.pid as number, signal);
      const forced = setTimeout(() => killGroup(child.pid as number, "SIGKILL"), 10_000);
      await exited;
      clearTimeout(forced);
    },
  };
}

export type Api = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ status: number; body: Json; headers: Headers }>;

function apiOf(url: () => string, token: string): Api {
  return async (method, route, body) => {
    const response = await fetch(`${url()}/api/v1${route}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: await response.json(), headers: response.headers };
  };
}

export interface TestConsole {
  database: TestDatabase;
  env: Record<string, string>;
  /** of the first process */
  url: string;
  processes: ConsoleProcess[];
  ownerToken: string;
  api: Api;
  cli(...args: string[]): Promise<Json>;
  apiAs(token: string, process?: number): Api;
  /** ends process n (SIGKILL by default) and starts it again on the same port */
  kill(n?: number, signal?: NodeJS.Signals): Promise<void>;
  restart(n?: number): Promise<void>;
  enrol(server: string): Promise<string>;
  waitFor<T>(what: () => Promise<T | null | undefined | false>, timeoutMs?: number): Promise<T>;
  pending(): Promise<Json[]>;
  decide(id: string, verdict: "approve" | "deny", reason?: string): Promise<{ status: number; body: Json }>;
  stop(): Promise<void>;
}

/** Polls until there is an answer; throws after the time limit. For waiting on other programs, never for timing them. */
export async function waitFor<T>(
  what: () => Promise<T | null | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await what();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await sleep(50);
  }
}

/** A console of its own: database, keys, owner, an owner's token; several processes on one database when asked. */
export async function startConsole(
  options: { processes?: number; env?: Record<string, string> } = {},
): Promise<TestConsole> {
  const database = await createDatabase();
  const ports = await Promise.all(Array.from({ length: options.processes ?? 1 }, freePort));
  const env: Record<string, string> = {
    ...databaseEnv(database),
    NODE_ENV: "production",
    AUTH_URL: `http://localhost:${ports[0]}`,
    AUTH_TRUST_HOST: "true",
    ASSENTRY_OWNER_EMAIL: OWNER.email,
    ASSENTRY_OWNER_PASSWORD: OWNER.password,
    NEXT_TELEMETRY_DISABLED: "1",
    ...options.env,
  };
  await run(process.execPath, ["--import", "tsx", "scripts/prepare.ts"], env);
  const cli = async (...args: string[]) =>
    JSON.parse(await run(process.execPath, ["--import", "tsx", "lib/cli/main.ts", ...args, "--json"], env));
  const { DATABASE_OWNER_URL: _, ...consoleEnv } = env;
  const processes = await Promise.all(ports.map((port) => startProcess(consoleEnv, port)));
  const ownerToken = (await cli("token", "create", "--name", "tests", "--role", "owner")).token as string;
  const apiAs = (token: string, n = 0) => apiOf(() => (processes[n] as ConsoleProcess).url, token);
  const api = apiAs(ownerToken);
  const self: TestConsole = {
    database,
    env,
    url: `http://localhost:${ports[0]}`,
    processes,
    ownerToken,
    api,
    apiAs,
    cli,
    waitFor,
    kill: async (n = 0, signal = "SIGKILL") => (processes[n] as ConsoleProcess).kill(signal),
    restart: async (n = 0) => {
      processes[n] = await startProcess(consoleEnv, ports[n] as number);
    },
    enrol: async (server) => {
      const made = await api("POST", "/servers", { server });
      if (made.status !== 201) throw new Error(`enrolment: ${JSON.stringify(made.body)}`);
      return made.body.token;
    },
    pending: async () => (await api("GET", "/requests?state=pending&limit=200")).body.items,
    decide: async (id, verdict, reason) => {
      const { body } = await api("GET", `/requests/${id}`);
      return api("POST", `/requests/${id}/decision`, { verdict, digest: body.digest, reason });
    },
    stop: async () => {
      await Promise.all(processes.map((p) => p.kill()));
      await database.drop();
    },
  };
  atEnd(() => self.stop());
  return self;
}
