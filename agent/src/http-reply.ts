import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { messageEvent } from "./http-events";

/** A client that cannot be told that it waits gives up soon. */
export const JSON_PATIENCE_MS = 45_000;
const BEAT_MS = 15_000;
const OPEN = Buffer.from(": open\n\n");
const BEAT = ": keep-alive\n\n";
const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/**
 * What a client gets for one request: one JSON message, or a stream of events that is open as soon as anything has to
 * be said before the answer.
 */
export class Reply {
  private state: "silent" | "stream" | "ended" = "silent";
  private beat: NodeJS.Timeout | null = null;
  private corked = false;

  /** @param streams whether the client takes events @param headers that our own answers carry */
  constructor(
    readonly response: ServerResponse,
    readonly streams: boolean,
    private readonly headers: OutgoingHttpHeaders = {},
  ) {
    response.on("error", () => {});
    response.on("close", () => {
      this.state = "ended";
      if (this.beat) clearInterval(this.beat);
    });
  }

  get silent(): boolean {
    return this.state === "silent";
  }

  get ended(): boolean {
    return this.state === "ended";
  }

  /** Calls back when the client closed the connection before the reply was whole. */
  onGone(listener: () => void): void {
    this.response.on("close", () => {
      if (!this.response.writableFinished) listener();
    });
  }

  setHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  /** Opens a stream of events of our own, at once and with a first byte. False when that cannot be. */
  openStream(): boolean {
    if (this.state !== "silent") return this.state === "stream";
    if (!this.streams) return false;
    this.begin(200, { ...this.headers, ...STREAM_HEADERS });
    this.raw(OPEN);
    this.beat = setInterval(() => this.response.write(BEAT), BEAT_MS);
    return true;
  }

  /** Opens a stream that `raw` fills. The head leaves with the first event when that is there already. */
  begin(status: number, headers: OutgoingHttpHeaders): void {
    const { response } = this;
    this.state = "stream";
    response.cork();
    response.writeHead(status, headers);
    response.flushHeaders();
    this.corked = true;
    setImmediate(() => this.uncork());
  }

  private uncork(): void {
    if (!this.corked) return;
    this.corked = false;
    this.response.uncork();
  }

  /** Bytes of a stream that is open. */
  raw(bytes: Buffer): void {
    if (this.state !== "stream") return;
    this.response.write(bytes);
    this.uncork();
  }

  /** One JSON-RPC message; `last` ends the reply. Without a stream only the last one can be said. */
  message(bytes: Buffer, last: boolean): void {
    if (this.state === "silent") {
      if (last) {
        this.whole(200, { "content-type": "application/json" }, bytes);
        return;
      }
      if (!this.openStream()) return;
    }
    this.raw(messageEvent(bytes));
    if (last) this.end();
  }

  /** The whole reply at once. */
  whole(status: number, headers: OutgoingHttpHeaders, body: Buffer | null): void {
    if (this.state !== "silent") return;
    this.state = "ended";
    this.response.writeHead(status, {
      ...this.headers,
      ...headers,
      ...(body && { "content-length": body.length }),
    });
    this.response.end(body ?? undefined);
  }

  end(): void {
    if (this.state !== "stream") return;
    this.state = "ended";
    if (this.beat) clearInterval(this.beat);
    this.response.end();
  }

  /** Calls back once the client has taken what was written; null when there is nothing to wait for. */
  get congestion(): ((drained: () => void) => void) | null {
    const { response } = this;
    if (!response.writableNeedDrain || response.destroyed) return null;
    return (drained) => {
      const once = () => {
        response.off("drain", once);
        response.off("close", once);
        drained();
      };
      response.on("drain", once);
      response.on("close", once);
    };
  }
}
