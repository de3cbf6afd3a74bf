import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { eventually, LINE_SERVER, type Message } from "./agent-rig";

const BIN = resolve("agent/bin.js");

export interface ServeOptions {
  readonly consoleUrl: string;
  readonly token?: string;
  readonly stateDir?: string;
  readonly server?: string;
  /** a server that speaks HTTP; without it the line server is started, or `command` */
  readonly upstream?: string;
  readonly command?: readonly string[];
  readonly flags?: readonly string[];
  readonly env?: Record<string, string>;
}

/** One HTTP answer as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** JSON body, or the messages of an event stream */
  readonly messages: Message[];
}

export function messagesOf(type: string | undefined, body: string): Message[] {
  if (!type?.includes("event-stream")) return body.startsWith("{") ? [JSON.parse(body) as Message] : [];
  const messages: Message[] = [];
  let data: string[] = [];
  for (const line of body.split(/\r\n|\r|\n/)) {
    if (line.startsWith("data:")) data.push(line.slice(5));
    if (line !== "" || data.length === 0) continue;
    messages.push(JSON.parse(data.join("\n")) as Message);
    data = [];
  }
  return messages;
}

export interface Sent {
  /** resolves with the head; what comes after is in `text` */
  readonly head: Promise<IncomingMessage>;
  readonly whole: Promise<Answer>;
  text: string;
  /** milliseconds until the first byte of the body */
  firstByteMs: number | null;
  close(): void;
}

/** Sends raw bytes and headers, as no SDK would let us. */
export function send(
  url: string,
  options: {
    method?: string;
    headers?: Record<string, string | string[]>;
    body?: string | Buffer;
    path?: string;
  },
): Sent {
  const target = new URL(options.path ?? "", url);
  const started = performance.now();
  const sent = request(target, { method: options.method ?? "POST", headers: options.headers, agent: false });
  const state = { text: "", firstByteMs: null as number | null };
  const head = new Promise<IncomingMessage>((done, failed) => {
    sent.on("response", done);
    sent.on("error", failed);
  });
  const whole = head.then(
    (response) =>
      new Promise<Answer>((done, failed) => {
        response.on("data", (chunk: Buffer) => {
          state.firstByteMs ??= performance.now() - started;
          state.text += chunk.toString("utf8");
        });
        response.on("error", failed);
        response.on("end", () => {
          const { statusCode: status = 0, headers, rawHeaders } = response;
          const messages = messagesOf(headers["content-type"], state.text);
          done({ status, headers, rawHeaders, body: state.text, messages });
        });
      }),
  );
  whole.catch(() => {});
  sent.end(options.body);
  return {
    head,
    whole,
    get text() {
      return state.text;
    },
    get firstByteMs() {
      return state.firstByteMs;
    },
    close: () => sent.destroy(),
  } as Sent;
}

/** A real `assentry-agent serve` process. */
export class ServeRig {
  readonly dir = mkdtempSync(join(tmpdir(), "assentry-serve-"));
  /** what a line server behind saw */
  readonly log = join(this.dir, "seen.log");
  readonly stateDir: string;
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  stderr = "";
  url = "";
  session: string | null = null;

  constructor(options: ServeOptions) {
    this.stateDir = options.stateDir ?? join(this.dir, "state");
    const args = ["serve", "--console", options.consoleUrl, "--server", options.server ?? "files"];
    args.push("--state-dir", this.stateDir, "--listen", "127.0.0.1:0", ...(options.flags ?? []));
    if (options.token) args.push("--enroll", options.token);
    if (options.upstream) args.push("--upstream", options.upstream);
    else args.push("--", ...(options.command ?? [...LINE_SERVER, this.log]));
    this.process = spawn(process.execPath, [BIN, ...args], { env: { ...process.env, ...options.env } });
    this.process.stdout?.resume();
    this.process.stderr?.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString("utf8");
    });
    this.exited = new Promise((done) => this.process.on("close", done));
  }

  async start(): Promise<this> {
    const listening = () => /"url":"(http:[^"]+)"/.exec(this.stderr)?.[1];
    this.url = await eventually(listening, `listening\n${this.stderr}`);
    return this;
  }

  get secret(): string {
    const file = join(this.stateDir, "credential");
    return existsSync(file) ? readFileSync(file, "utf8").trim() : "none";
  }

  get headers(): Record<string, string> {
    return {
      authorization: `Bearer ${this.secret}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(this.session !== null && { "mcp-session-id": this.session }),
    };
  }

  /** Raw bytes under our headers, or changed ones; null takes one away. */
  raw(body: string | Buffer, changed: Record<string, string | string[] | null> = {}): Sent {
    const headers = Object.entries({ ...this.headers, ...changed }).filter(([, value]) => value !== null);
    return send(this.url, { body, headers: Object.fromEntries(headers) as Record<string, string> });
  }

  post(message: object, changed: Record<string, string | string[] | null> = {}): Sent {
    return this.raw(JSON.stringify({ jsonrpc: "2.0", ...message }), changed);
  }

  call(id: number | string, name: string, args: object = {}, meta?: object): Sent {
    const params = { name, arguments: args, ...(meta && { _meta: meta }) };
    return this.post({ id, method: "tools/call", params });
  }

  async initialize(): Promise<Answer> {
    const clientInfo = { name: "test-client", version: "1.0.0" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    const answer = await this.post({ id: "init", method: "initialize", params }).whole;
    const session = answer.headers["mcp-session-id"];
    this.session = typeof session === "string" ? session : null;
    await this.post({ method: "notifications/initialized" }).whole;
    return answer;
  }

  /** Every line that the server behind read. */
  get seen(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, "utf8").split("\n").slice(0, -1) : [];
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGTERM");
    await this.exited;
    rmSync(this.dir, { recursive: true, force: true });
  }
}
