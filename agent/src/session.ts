import type { JsonObject, ScannedMessage, ScannedNotification, ScannedRequest } from "../contract/scan";
import type { CallerFacts, ClientFacts } from "../contract/v1";
import type { Agent } from "./agent";
import { Call, type GoneReason } from "./call";
import { chain, type Done } from "./chain";
import { type Exchange, scopedKey } from "./exchange";
import type { Frame } from "./framing";
import { newId } from "./ids";
import { errorText, log } from "./log";
import { type ReadFrame, readStrictly, refuseMalformed } from "./malformed";
import { Manifest } from "./manifest";
import { fromServer } from "./server-messages";
import { decide } from "./steps/decide";
import { forward } from "./steps/forward";
import { hold } from "./steps/hold";
import { clientOf, identify } from "./steps/identify";
import { pin } from "./steps/pin";
import { reportFinished } from "./steps/report";

/** Requests that only keep the conversation going: no rule is asked, nothing is recorded. */
const PLUMBING = new Set([
  "initialize",
  "ping",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "logging/setLevel",
  "server/discover",
]);

/** An answer to a cancelled call may still come this long. */
const CANCELLED_MS = 30_000;

/** What is remembered of a request until its answer comes. */
export interface Pending {
  readonly exchange: Exchange;
  readonly method: string;
  /** null for plumbing */
  readonly call: Call | null;
  readonly askedAt: number;
  /** of a tools/list */
  readonly cursor: string | null;
}

const stringOf = (object: JsonObject | undefined, key: string): string | null => {
  const node = object?.get(key);
  return node?.type === "string" ? node.value : null;
};

/**
 * One client's conversation with one upstream, whatever carries it. Feed what the client says to `fromClient` and what
 * the server says to `fromUpstream`; answers and forwards come out of the exchanges.
 */
export class Session {
  readonly id = newId("ses");
  client: ClientFacts | null = null;
  readonly manifest: Manifest;
  /** ids in use, by `scopedKey` */
  readonly pending = new Map<string, Pending>();
  serverInfo: { name: string; version: string } | null = null;
  private opened = false;
  private readonly chain: (call: Call) => Done;

  /** @param main where our own messages to the server go, and what the server says unasked */
  constructor(
    readonly agent: Agent,
    readonly caller: CallerFacts,
    readonly main: Exchange,
  ) {
    this.chain = chain([identify(this), pin(this), decide, hold(this), forward]);
    this.manifest = new Manifest({
      send: (message) => main.toUpstream(Buffer.from(`${message}\n`)),
      now: () => agent.clock.monotonic(),
      unreadable: () => this.alarm("listing_unreadable", "the server's list of tools could not be read"),
      changed: (tools) =>
        agent.spool.report({
          type: "server.listed",
          at: new Date().toISOString(),
          serverInfo: this.serverInfo,
          tools: [...tools.values()].slice(0, 2000),
        }),
    });
  }

  private alarm(code: string, detail: string): void {
    this.agent.spool.report({ type: "agent.alarm", at: new Date().toISOString(), code, detail });
  }

  /** Recorded with the first thing a client really does: some clients start a command only to see what it speaks. */
  open(): void {
    if (this.opened) return;
    this.opened = true;
    const at = new Date().toISOString();
    const { id, caller, client } = this;
    this.agent.spool.report({ type: "session.opened", at, session: id, caller, client });
  }

  /** One message of the client. What is neither refused nor made to wait is with `toUpstream` when this returns. */
  fromClient(frame: Frame, exchange: Exchange = this.main): void {
    const read = readStrictly(frame);
    if (!("message" in read)) {
      refuseMalformed(this.agent, this.caller, exchange, frame.text, read);
      return;
    }
    this.take(frame as ReadFrame, read.message, exchange);
  }

  /** The same, for a message that the transport has read strictly itself. */
  take(frame: ReadFrame, message: ScannedMessage, exchange: Exchange): void {
    if (message.kind !== "response" && message.method !== "server/discover") this.agent.want();
    if (message.kind === "request") this.request(frame, message, exchange);
    else if (message.kind === "notification") this.notification(frame, message, exchange);
    else exchange.toUpstream(frame.bytes);
  }

  private notification(frame: ReadFrame, message: ScannedNotification, exchange: Exchange): void {
    const { method, params } = message;
    if (!method.startsWith("notifications/")) {
      this.judge(new Call(this.agent, exchange, this.caller, frame, message, () => {}));
      return;
    }
    if (method === "notifications/cancelled" && this.cancelled(params, exchange)) return;
    exchange.toUpstream(frame.bytes);
    if (method === "notifications/initialized") this.initialized();
  }

  private request(frame: ReadFrame, message: ScannedRequest, exchange: Exchange): void {
    const key = scopedKey(exchange, message.id.key);
    if (this.pending.has(key)) {
      const why = { why: "the id is in use", code: "id_in_use" };
      refuseMalformed(this.agent, this.caller, exchange, frame.text, why);
      return;
    }
    const { method, params } = message;
    const askedAt = this.agent.clock.monotonic();
    const remembered = { exchange, method, askedAt, cursor: stringOf(params, "cursor") };
    this.learn(message, frame.text);
    if (PLUMBING.has(method)) {
      this.pending.set(key, { ...remembered, call: null });
      exchange.toUpstream(frame.bytes);
      return;
    }
    // a cancelled call may end after another took its id
    const free = (ended: Call) => this.pending.get(key)?.call === ended && this.pending.delete(key);
    const call = new Call(this.agent, exchange, this.caller, frame, message, free);
    this.pending.set(key, { ...remembered, call });
    this.judge(call);
  }

  private judge(call: Call): void {
    const failed = (error: unknown) => {
      log.error("a call was refused by a fault of the agent", { error: errorText(error) });
      if (call.forwardedAt === null)
        call.refuse({
          code: "policy_denied",
          text: "The agent failed; the call was not executed.",
          detail: "fault",
        });
    };
    try {
      this.chain(call)?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** What a request tells of the client and the protocol it speaks. */
  private learn(message: ScannedRequest, text: string): void {
    const client = clientOf(message.method, message.params);
    if (!client) return;
    this.client = client;
    const meta = message.params?.get("_meta");
    if (message.method === "initialize" || meta?.type !== "object") return;
    const members = meta.members.filter(({ key }) =>
      /^io\.modelcontextprotocol\/(protocolVersion|client)/.test(key),
    );
    this.manifest.ready(`{${members.map((one) => text.slice(one.keyStart, one.value.end)).join(",")}}`);
  }

  private initialized(): void {
    this.open();
    this.manifest.ready(null);
    void this.manifest.refresh();
  }

  /** True when the cancelled call never reached the server, which then need not hear of it. */
  private cancelled(params: JsonObject | undefined, exchange: Exchange): boolean {
    const id = params?.get("requestId");
    const name =
      id?.type === "string" ? `s:${id.value}` : id?.type === "number" ? `n:${Number(id.source)}` : null;
    const key = name === null ? null : scopedKey(exchange, name);
    const call = key === null ? null : (this.pending.get(key)?.call ?? null);
    if (!call) return false;
    call.leave("cancelled");
    if (call.forwardedAt !== null) {
      setTimeout(() => this.giveUp(key as string, call), CANCELLED_MS).unref();
      return false;
    }
    call.end();
    return true;
  }

  /** Most servers never answer what was cancelled. */
  private giveUp(key: string, call: Call): void {
    if (this.pending.get(key)?.call !== call) return;
    this.pending.delete(key);
    reportFinished(call, "unknown", null);
  }

  /** One message of the server; `exchange` is the one whose request it came on, where the transport tells. */
  fromUpstream(frame: Frame, exchange: Exchange | null = null): void {
    fromServer(this, frame, exchange);
  }

  /** The client is gone: nothing that waits is sent any more, what was sent may still end. */
  clientGone(reason: GoneReason = "disconnected"): void {
    for (const { call } of [...this.pending.values()]) call?.leave(reason);
  }

  /** Whoever waited on this exchange is gone; the others are not. */
  left(exchange: Exchange): void {
    for (const { call, exchange: own } of [...this.pending.values()])
      if (own === exchange) call?.leave("disconnected");
  }

  /** The server will not answer any more what it was sent on this exchange. */
  unanswered(exchange: Exchange, outcome: "failed" | "unknown"): void {
    for (const [key, { call, exchange: own }] of [...this.pending]) {
      if (own !== exchange || (call !== null && call.forwardedAt === null)) continue;
      this.pending.delete(key);
      if (call) reportFinished(call, outcome, null);
    }
  }

  /** The conversation is over, on both sides. What was sent and not answered has an unknown outcome. */
  close(): void {
    this.clientGone();
    this.manifest.close();
    for (const { call } of this.pending.values()) if (call) reportFinished(call, "unknown", null);
    this.pending.clear();
    if (!this.opened) return;
    this.opened = false;
    this.agent.spool.report({ type: "session.closed", at: new Date().toISOString(), session: this.id });
  }
}
