import type { IncomingMessage } from "node:http";
import { openEnvelope, type Verifier } from "../contract/dsse";
import {
  heartbeat as heartbeatSchema,
  helloEvent,
  hello as helloSchema,
  requestHint,
  type StreamInput,
} from "../contract/v1";
import type { BundleKeeper } from "./bundle";
import { type ConsoleClient, ConsoleRefusal } from "./console";
import { newNonce } from "./ids";
import type { Clock, Lease } from "./lease";
import { errorText, log } from "./log";
import { type ServerEvent, SseParser } from "./sse";
import type { Waiters } from "./waiters";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** Longer than any pause between two heartbeats: the connection is dead. */
const SILENCE_MS = 5000;
/** Heartbeats that look this old, so many in a row: our idea of the console's time needs a new hello. */
const OLD_HEARTBEATS = 3;

export interface StreamDeps {
  readonly console: Pick<ConsoleClient, "stream">;
  readonly serverId: string;
  readonly verifier: Verifier;
  readonly bundles: BundleKeeper;
  readonly lease: Lease;
  readonly waiters: Waiters;
  readonly instance: StreamInput["instance"];
  readonly clock: Clock;
}

/** Keeps one stream to the console open: signed state comes down, and with every heartbeat the lease. */
export class ConsoleStream {
  private readonly abort = new AbortController();
  private running: Promise<void> | null = null;
  private said = "";
  private connection: AbortController | null = null;

  constructor(private readonly deps: StreamDeps) {}

  /** Connects, and again after every end, until `stop`. A second call does nothing. */
  start(): void {
    this.running ??= this.run();
  }

  /** Ends the connection that is open; the next one begins with a new hello. */
  again(): void {
    this.connection?.abort();
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!this.abort.signal.aborted) {
      const started = this.deps.clock.monotonic();
      try {
        await this.once();
      } catch (error) {
        if (this.abort.signal.aborted) break;
        this.complain(error);
      }
      if (this.deps.clock.monotonic() - started > LONGEST_PAUSE_MS) pause = FIRST_PAUSE_MS;
      await this.sleep(pause * (0.5 + Math.random() / 2));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** The same trouble is told once, not at every attempt. */
  private complain(error: unknown): void {
    const text = error instanceof ConsoleRefusal ? `${error.code}: ${error.message}` : errorText(error);
    if (text !== this.said) log.warn("no stream from the console", { error: text });
    this.said = text;
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.abort.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        done();
      });
    });
  }

  private async once(): Promise<void> {
    const { deps } = this;
    const nonce = newNonce();
    const ending = new AbortController();
    this.connection = ending;
    const end = () => ending.abort();
    this.abort.signal.addEventListener("abort", end);
    try {
      const askedAt = deps.clock.monotonic();
      const waiting = deps.waiters.ids().slice(0, 5000);
      const response = await deps.console.stream({ instance: deps.instance, nonce, waiting }, ending.signal);
      await this.read(response, new StreamReader(deps, nonce, askedAt), () => {
        if (this.said) log.info("the console is back");
        this.said = "";
      });
    } finally {
      end();
      this.abort.signal.removeEventListener("abort", end);
    }
  }

  private async read(response: IncomingMessage, reader: StreamReader, onHello: () => void): Promise<void> {
    const parser = new SseParser();
    response.setTimeout(SILENCE_MS, () => response.destroy(new Error("the stream fell silent")));
    for await (const chunk of response)
      for (const event of parser.push(chunk as Buffer)) {
        reader.handle(event);
        if (event.event === "hello") onHello();
      }
    throw new Error("the stream ended");
  }
}

/** What one connection says, in order. Throws to end the connection. */
class StreamReader {
  private greeted = false;
  private old = 0;

  constructor(
    private readonly deps: StreamDeps,
    private readonly nonce: string,
    private readonly askedAt: number,
  ) {}

  handle({ event, data }: ServerEvent): void {
    const value: unknown = JSON.parse(data);
    if (event === "hello") this.hello(value);
    else if (!this.greeted) throw new Error("the stream did not begin with a hello");
    else if (event === "bundle") this.deps.bundles.take(value);
    else if (event === "heartbeat") this.heartbeat(value);
    else if (event === "request") this.deps.waiters.deliver(requestHint.parse(value));
  }

  private hello(value: unknown): void {
    const { deps } = this;
    const event = helloEvent.parse(value);
    const hello = openEnvelope("hello", helloSchema, event.hello, deps.verifier);
    if (hello.nonce !== this.nonce) throw new Error("the hello answers another question");
    if (hello.serverId !== deps.serverId) throw new Error("the hello is for another server");
    deps.bundles.restore();
    deps.lease.hello(Date.parse(hello.at), this.askedAt, hello.position, deps.bundles.position);
    this.greeted = true;
    for (const hint of event.requests) deps.waiters.deliver(hint);
  }

  private heartbeat(value: unknown): void {
    const { deps } = this;
    const beat = openEnvelope("heartbeat", heartbeatSchema, value, deps.verifier);
    if (beat.serverId !== deps.serverId) throw new Error("the heartbeat is for another server");
    const problem = deps.lease.heartbeat(Date.parse(beat.at), beat.position, deps.bundles.position);
    if (problem === "renewed" || problem === "other_bundle") this.old = 0;
    if (problem === "old") this.old++;
    if (problem === "clock_unknown" || problem === "future" || this.old >= OLD_HEARTBEATS)
      throw new Error(`the console's time is no longer known (${problem})`);
  }
}
