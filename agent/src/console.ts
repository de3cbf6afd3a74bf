import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { contentDigestHeader, signatureBase, signatureInput } from "../contract/signature";
import {
  type ClaimInput,
  claimOutput,
  errorBody,
  eventsOutput,
  type HoldInput,
  type HoldOutput,
  holdOutput,
  type StreamInput,
} from "../contract/v1";
import { type AgentKey, sha256Base64 } from "./crypto";
import { HttpClient, Unreachable } from "./http";
import { newNonce } from "./ids";
import { log } from "./log";

export { Unreachable } from "./http";

/** The console answered, and said no. */
export class ConsoleRefusal extends Error {
  override readonly name = "ConsoleRefusal";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }
}

/** Reads a failure's envelope; what does not parse is a refusal without details. */
export function refusalOf(status: number, body: string): ConsoleRefusal {
  try {
    const { error } = errorBody.parse(JSON.parse(body));
    return new ConsoleRefusal(
      status,
      error.code.slice(0, 60),
      error.message.slice(0, 300),
      error.details ?? {},
    );
  } catch {
    return new ConsoleRefusal(status, "unknown", `the console answered ${status}`, {});
  }
}

const TIMEOUT_MS = 10_000;

/** Signed requests of one agent. Every reply is parsed. Throws Unreachable or ConsoleRefusal. */
export class ConsoleClient {
  private readonly http = new HttpClient();
  /** milliseconds that the console is ahead of this machine's clock, as it told us */
  private skewMs = 0;

  constructor(
    private readonly base: URL,
    private readonly agentId: string,
    private readonly key: AgentKey,
    /** told when the console does not accept our key */
    private readonly onRejected: () => void = () => {},
  ) {}

  private address(path: string): URL {
    return new URL(`${this.base.pathname.replace(/\/$/, "")}/api/agent/v1/${path}`, this.base);
  }

  private signed(url: URL, body: string): Record<string, string> {
    const contentDigest = contentDigestHeader(sha256Base64(body));
    const params = {
      created: Math.floor((Date.now() + this.skewMs) / 1000),
      nonce: newNonce(),
      keyId: this.agentId,
    };
    const query = url.search.replace(/^\?/, "");
    const base = signatureBase({ method: "POST", path: url.pathname, query, contentDigest }, params);
    return {
      "content-digest": contentDigest,
      "signature-input": signatureInput(params),
      signature: `sig1=:${this.key.sign(base)}:`,
    };
  }

  /** True when the refusal was about our clock and the clock is corrected now. */
  private corrected(refusal: ConsoleRefusal): boolean {
    if (refusal.code !== "clock_skew") return false;
    const time = Date.parse(String(refusal.details.time));
    if (Number.isNaN(time)) return false;
    this.skewMs = time - Date.now();
    log.warn("clock differs from the console's", { skewSeconds: Math.round(this.skewMs / 1000) });
    return true;
  }

  /** The console's no as an error; one to the key itself is told at once. */
  private refused(status: number, body: string): ConsoleRefusal {
    const refusal = refusalOf(status, body);
    if ((status === 401 || status === 403) && refusal.code !== "clock_skew") this.onRejected();
    return refusal;
  }

  /** A stale keep-alive connection ends before a reply: every call here names its attempt, so it is sent again once. */
  private async send(path: string, body: string, timeoutMs: number): Promise<string> {
    const url = this.address(path);
    for (let attempt = 0; ; attempt++) {
      let reply: { status: number; body: string };
      try {
        reply = await this.http.post(url, this.signed(url, body), body, { timeoutMs });
      } catch (error) {
        if (attempt > 0 || !(error instanceof Unreachable) || !wasCut(error)) throw error;
        continue;
      }
      if (reply.status >= 200 && reply.status < 300) return reply.body;
      const refusal = this.refused(reply.status, reply.body);
      if (attempt > 0 || !this.corrected(refusal)) throw refusal;
    }
  }

  private async call<T>(
    schema: z.ZodType<T>,
    path: string,
    body: string,
    timeoutMs = TIMEOUT_MS,
  ): Promise<T> {
    return parseReply(schema, await this.send(path, body, timeoutMs));
  }

  hold(input: HoldInput): Promise<HoldOutput> {
    return this.call(holdOutput, "requests", JSON.stringify(input));
  }

  /** The ticket's envelope, still to be verified. */
  async claim(requestId: string, input: ClaimInput): Promise<unknown> {
    return (await this.call(claimOutput, `requests/${requestId}/claim`, JSON.stringify(input))).ticket;
  }

  async waiterGone(
    requestId: string,
    input: { instance: string; nonce: string; reason: "patience" | "cancelled" | "disconnected" },
  ): Promise<void> {
    await this.send(`requests/${requestId}/waiter`, JSON.stringify(input), TIMEOUT_MS);
  }

  /** @param body JSON of an eventsInput; returns the last sequence that the console has */
  async events(body: string, timeoutMs = TIMEOUT_MS): Promise<number> {
    return (await this.call(eventsOutput, "events", body, timeoutMs)).lastSeq;
  }

  /** Opens the stream on a connection of its own; the caller reads and closes the reply. */
  async stream(input: StreamInput, signal: AbortSignal): Promise<IncomingMessage> {
    const url = this.address("stream");
    const body = JSON.stringify(input);
    for (let attempt = 0; ; attempt++) {
      const headers = { ...this.signed(url, body), accept: "text/event-stream" };
      const response = await this.http.open(url, headers, body, {
        timeoutMs: TIMEOUT_MS,
        signal,
        ownSocket: true,
      });
      if (response.statusCode === 200) return response;
      const chunks: Buffer[] = [];
      for await (const chunk of response) if (chunks.length < 64) chunks.push(chunk as Buffer);
      const refusal = this.refused(response.statusCode ?? 0, Buffer.concat(chunks).toString("utf8"));
      if (attempt > 0 || !this.corrected(refusal)) throw refusal;
    }
  }

  close(): void {
    this.http.close();
  }
}

function wasCut(error: Unreachable): boolean {
  const cause = error.cause;
  return cause instanceof Error && "code" in cause && (cause.code === "ECONNRESET" || cause.code === "EPIPE");
}

function parseReply<T>(schema: z.ZodType<T>, body: string): T {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    throw new ConsoleRefusal(200, "bad_reply", "the console's reply is not what was agreed", {});
  }
}
