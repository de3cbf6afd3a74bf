import { type ChildProcess, spawn } from "node:child_process";
import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";
import type { Environment } from "./environment";

/** One MCP message of an answer, as far as the benchmarks look into it. */
export interface Answer {
  id?: unknown;
  method?: string;
  params?: { message?: string };
  result?: { isError?: boolean; content?: { text: string }[] };
  error?: { code: number; message: string };
}

/** Something that a measuring client speaks MCP with. */
export interface Peer {
  readonly pid: number;
  /** Sends one request and gives its answer; `onSent` is called right before the bytes leave. */
  ask(method: string, params: object, onNotice?: (notice: Answer) => void): Promise<Answer>;
  tell(method: string): Promise<void>;
  close(): Promise<void>;
}

export const message = (method: string, params: object, id?: number): string =>
  JSON.stringify({ jsonrpc: "2.0", ...(id === undefined ? {} : { id }), method, params });

/** The opening of an MCP session of the era that all of the compared programs speak. */
export async function open(peer: Peer): Promise<void> {
  await peer.ask("initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "assentry-bench", version: "1.0.0" },
  });
  await peer.tell("notifications/initialized");
}

/** Milliseconds of one call; throws when it was not answered as the server answers. */
export async function timeCall(peer: Peer, text: string): Promise<number> {
  const before = performance.now();
  const answer = await peer.ask("tools/call", { name: "echo", arguments: { text } });
  const took = performance.now() - before;
  if (answer.result?.content?.[0]?.text !== text) throw new Error(`not an echo: ${JSON.stringify(answer)}`);
  return took;
}

export function killed(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once("exit", () => done());
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 3000).unref();
  });
}

/** Raw lines to and from a program's stdin and stdout. */
export class StdioPeer implements Peer {
  readonly child: ChildProcess;
  private rest = "";
  private lastId = 0;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private readonly notices = new Set<(notice: Answer) => void>();

  constructor(command: readonly string[], env: Environment, output: "ignore" | "inherit" = "inherit") {
    const [file, ...args] = command;
    this.child = spawn(file as string, args, {
      env: env as NodeJS.ProcessEnv,
      stdio: ["pipe", "pipe", output],
    });
    this.child.stdout?.setEncoding("utf8").on("data", (chunk: string) => this.take(chunk));
  }

  get pid(): number {
    return this.child.pid as number;
  }

  private take(chunk: string): void {
    const lines = (this.rest + chunk).split("\n");
    this.rest = lines.pop() as string;
    for (const line of lines) {
      const answer = JSON.parse(line) as Answer;
      const waiter = this.waiting.get(answer.id as number);
      if (waiter) waiter(answer);
      else for (const notice of this.notices) notice(answer);
    }
  }

  ask(method: string, params: object, onNotice?: (notice: Answer) => void): Promise<Answer> {
    const id = ++this.lastId;
    return new Promise((resolve) => {
      if (onNotice) this.notices.add(onNotice);
      this.waiting.set(id, (answer) => {
        this.waiting.delete(id);
        if (onNotice) this.notices.delete(onNotice);
        resolve(answer);
      });
      this.child.stdin?.write(`${message(method, params, id)}\n`);
    });
  }

  async tell(method: string): Promise<void> {
    this.child.stdin?.write(`${message(method, {})}\n`);
  }

  close(): Promise<void> {
    return killed(this.child);
  }
}

/** Streamable HTTP over one keep-alive connection; reads answers as JSON or as an event stream. */
export class HttpPeer implements Peer {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1, noDelay: true });
  private session: string | undefined;
  private lastId = 0;
  private free: Promise<void> = Promise.resolve();

  constructor(
    private readonly url: string,
    private readonly child: ChildProcess,
    private readonly authorization?: string,
  ) {}

  get pid(): number {
    return this.child.pid as number;
  }

  private async post(body: string, id?: number): Promise<Answer> {
    await this.free;
    let freed = () => {};
    this.free = new Promise((done) => {
      freed = done;
    });
    return new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "content-length": Buffer.byteLength(body),
        "mcp-protocol-version": "2025-06-18",
      };
      if (this.session) headers["mcp-session-id"] = this.session;
      if (this.authorization) headers.authorization = this.authorization;
      const asked = request(this.url, { method: "POST", agent: this.agent, headers }, (response) => {
        this.session ??= response.headers["mcp-session-id"] as string | undefined;
        const events = response.headers["content-type"]?.startsWith("text/event-stream");
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
          if (events && id !== undefined && text.endsWith("\n\n")) resolveIfThere(text);
        });
        response.on("end", () => {
          freed();
          if ((response.statusCode as number) >= 300)
            return reject(new Error(`${this.url} answered ${response.statusCode}: ${text}`));
          if (id === undefined) resolve({});
          else if (events) resolveIfThere(text);
          else resolve(JSON.parse(text) as Answer);
        });
      });
      const resolveIfThere = (text: string) => {
        for (const line of text.split("\n")) {
          if (!line.startsWith("data:") || line.length < 7) continue;
          const answer = JSON.parse(line.slice(5)) as Answer;
          if (answer.id === id) resolve(answer);
        }
      };
      asked.on("error", reject);
      asked.end(body);
    });
  }

  ask(method: string, params: object): Promise<Answer> {
    const id = ++this.lastId;
    return this.post(message(method, params, id), id);
  }

  async tell(method: string): Promise<void> {
    await this.post(message(method, {}));
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await killed(this.child);
  }
}
