import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface Message {
  id?: unknown;
  method?: string;
  params?: Record<string, unknown>;
  result?: { isError?: boolean; content?: { text: string }[]; _meta?: Record<string, unknown> };
  error?: { code: number; message: string };
}

const BIN = resolve("agent/bin.js");
export const LINE_SERVER = [process.execPath, resolve("test/support/line-server.mjs")];
export const PYTHON_SERVER = ["python3", resolve("test/support/line_server.py")];

/** Polls until `read` gives something other than null, undefined or false. */
export async function eventually<T>(
  read: () => T | null | undefined | false,
  what = "it",
  ms = 15_000,
): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = read();
    if (value !== null && value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`${what} did not happen`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

export interface RigOptions {
  readonly consoleUrl: string;
  readonly token?: string;
  readonly stateDir?: string;
  readonly server?: string;
  /** the command behind the agent; the log's path is added to it */
  readonly command?: readonly string[];
  readonly extra?: readonly string[];
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A real agent process in front of a real line-based server, and a client that writes raw bytes. */
export class AgentRig {
  readonly dir = mkdtempSync(join(tmpdir(), "assentry-agent-"));
  readonly log = join(this.dir, "seen.log");
  readonly stateDir: string;
  readonly process: ChildProcess;
  readonly messages: Message[] = [];
  /** raw lines from the agent, in order */
  readonly lines: string[] = [];
  stderr = "";
  readonly exited: Promise<number | null>;

  constructor(options: RigOptions) {
    this.stateDir = options.stateDir ?? join(this.dir, "state");
    const args = ["run", "--console", options.consoleUrl, "--server", options.server ?? "files"];
    args.push("--state-dir", this.stateDir, ...(options.flags ?? []));
    if (options.token) args.push("--enroll", options.token);
    args.push("--", ...(options.command ?? LINE_SERVER), this.log, ...(options.extra ?? []));
    this.process = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, ...options.env } });
    let rest = "";
    this.process.stdout?.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        this.lines.push(line);
        this.messages.push(JSON.parse(line) as Message);
      }
    });
    this.process.stderr?.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString("utf8");
    });
    this.exited = new Promise((done) => this.process.on("close", done));
  }

  raw(bytes: string | Buffer): void {
    this.process.stdin?.write(bytes);
  }

  send(message: object): void {
    this.raw(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  call(id: number | string, name: string, args: object = {}, meta?: object): void {
    const params = { name, arguments: args, ...(meta && { _meta: meta }) };
    this.send({ id, method: "tools/call", params });
  }

  answer(id: unknown, ms?: number): Promise<Message> {
    const found = () => this.messages.find((message) => message.id === id && !message.method);
    return eventually(found, `an answer to ${String(id)}\n${this.stderr}`, ms);
  }

  async initialize(name = "test-client"): Promise<void> {
    const clientInfo = { name, version: "1.0.0" };
    this.send({
      id: "init",
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo },
    });
    await this.answer("init");
    this.send({ method: "notifications/initialized" });
  }

  /** Every line that the server read. */
  get seen(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, "utf8").split("\n").slice(0, -1) : [];
  }

  /** Lines of the server that are tool calls. */
  get executed(): string[] {
    return this.seen.filter((line) => line.includes("tools/call"));
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.stdin?.end();
    await this.exited;
    rmSync(this.dir, { recursive: true, force: true });
  }
}
