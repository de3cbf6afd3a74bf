import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { childEnvironment } from "./config";

/** How long a server may take to end after its stdin closed, and again after SIGTERM. */
const PATIENCE_MS = 2000;

export interface Ended {
  /** exit code as a shell would show it */
  readonly code: number;
  readonly error: Error | null;
}

/** The MCP server, started by us and spoken to over its stdin and stdout; stderr is ours. */
export class Child {
  readonly ended: Promise<Ended>;
  readonly stdin: NonNullable<ChildProcess["stdin"]>;
  readonly stdout: NonNullable<ChildProcess["stdout"]>;
  private readonly process: ChildProcess;

  constructor(command: readonly string[]) {
    const [file, ...args] = command;
    if (file === undefined) throw new Error("no command");
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], env: childEnvironment() });
    if (!child.stdin || !child.stdout) throw new Error("the server has no pipes");
    this.process = child;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    // a server that closed its end is told by its exit
    this.stdin.on("error", () => {});
    this.ended = new Promise((resolve) => {
      child.on("error", (error) => resolve({ code: 127, error }));
      child.on("close", (code, signal) =>
        resolve({ code: code ?? 128 + (signal ? (constants.signals[signal] ?? 0) : 0), error: null }),
      );
    });
  }

  /** Ends the server: its stdin first, then SIGTERM, then SIGKILL. `now` begins with SIGTERM. */
  async end(now: boolean): Promise<Ended> {
    this.stdin.end();
    if (!now && (await this.within(PATIENCE_MS))) return this.ended;
    this.process.kill("SIGTERM");
    if (!(await this.within(PATIENCE_MS))) this.process.kill("SIGKILL");
    return this.ended;
  }

  private async within(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((done) => {
      timer = setTimeout(() => done(false), ms);
    });
    const result = await Promise.race([this.ended.then(() => true), late]);
    clearTimeout(timer);
    return result;
  }
}
