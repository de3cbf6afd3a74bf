import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Exchange } from "./exchange";
import { frameText } from "./framing";
import { idSource, type Posted } from "./http-backend";
import { EventSplitter, type RawEvent } from "./http-events";
import { returnHeaders } from "./http-headers";
import type { RelaySession } from "./http-relay-session";
import { JSON_PATIENCE_MS, Reply } from "./http-reply";
import { readBody, type UpstreamRequest } from "./http-upstream";
import { errorText, log } from "./log";
import { isAnswer } from "./server-messages";
import { errorAnswer, sessionEnded } from "./texts";

export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
/** What is not with the server by then waits for something of ours: the client's first byte comes from us. */
const OPEN_AFTER_MS = 500;

let scopes = 0;

/** The events of a reply, each given to the session before the client sees it; backwards pressure included. */
export function relayEvents(
  response: IncomingMessage,
  reply: Reply,
  ports: { onEvent(event: RawEvent, text: string | null): void; onEnd(whole: boolean): void },
): void {
  const splitter = new EventSplitter((event) => {
    if (event.data === null) return reply.raw(event.bytes);
    const text = frameText(event.data);
    if (text !== null && /^\s*\[/.test(text)) log.warn("the server sent a batch; dropped");
    else ports.onEvent(event, text);
  }, MAX_MESSAGE_BYTES);
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      log.warn("the server's stream was ended", { error: errorText(error) });
      response.destroy();
    }
  };
  response.on("data", (chunk: Buffer) => {
    attempt(() => splitter.push(chunk));
    const wait = reply.congestion;
    if (!wait) return;
    response.pause();
    wait(() => response.resume());
  });
  response.on("end", () => attempt(() => splitter.end()));
  response.on("close", () => ports.onEnd(response.complete));
}

/** One POST of a client on its way to an HTTP server, and what comes back. */
export class RelayPost implements Exchange {
  readonly scope?: string;
  readonly patienceMs?: number;
  private readonly reply: Reply;
  private readonly events = new WeakSet<Buffer>();
  private whole: { status: number; headers: OutgoingHttpHeaders; body: Buffer } | null = null;
  private request: UpstreamRequest | null = null;
  private opening: NodeJS.Timeout | null = null;
  private forwarded = false;
  private answered = false;
  private held = false;
  /** the stream was opened by us, before the server was asked */
  private ours = false;
  private resumable = false;
  private settled = false;

  constructor(
    private readonly owner: RelaySession,
    readonly ask: Posted,
  ) {
    if (owner.id === null) this.scope = `${++scopes}/`;
    if (!ask.streams) this.patienceMs = JSON_PATIENCE_MS;
    this.reply = new Reply(ask.response, ask.streams, { ...ask.headers });
  }

  start(): void {
    const { frame, message } = this.ask;
    this.reply.onGone(() => this.gone());
    if (message.kind === "request") this.opening = setTimeout(() => this.reply.openStream(), OPEN_AFTER_MS);
    this.owner.session.take(frame, message, this);
    // refused, or a cancellation of what was never sent
    if (message.kind !== "request" && !this.forwarded) this.reply.whole(202, {}, null);
  }

  holding(): void {
    this.held = true;
    this.reply.openStream();
  }

  toClient(bytes: Buffer, last = false): void {
    if (last) this.stopOpening();
    this.answered ||= last;
    const { whole } = this;
    if (this.events.has(bytes)) this.reply.raw(bytes);
    else if (whole?.body === bytes && this.reply.silent) this.reply.whole(whole.status, whole.headers, bytes);
    else if (whole?.body !== bytes || last) this.reply.message(bytes, last);
  }

  toUpstream(bytes: Buffer): void {
    if (bytes !== this.ask.frame.bytes || this.forwarded) {
      this.owner.send(bytes);
      return;
    }
    this.forwarded = true;
    this.stopOpening();
    this.ours = !this.reply.silent;
    this.request = this.owner.forward(this, bytes, this.held);
  }

  private stopOpening(): void {
    if (this.opening) clearTimeout(this.opening);
    this.opening = null;
  }

  private gone(): void {
    this.stopOpening();
    this.owner.session.left(this);
    this.request?.abort();
    this.settle("unknown");
  }

  /** The server's reply begins. */
  onResponse(response: IncomingMessage): void {
    const status = response.statusCode ?? 502;
    const fronts = this.owner.fronts;
    const type = response.headers["content-type"] ?? "";
    const good = status >= 200 && status < 300;
    const headers: OutgoingHttpHeaders = {
      ...returnHeaders(response.rawHeaders, fronts),
      ...this.ask.headers,
      ...(type && { "content-type": type }),
    };
    const problem = this.owner.problemOf(response) ?? this.owner.opened(this.ask, response);
    if (problem !== null) {
      response.resume();
      this.fail(problem, status >= 300 && status < 500 ? "failed" : "unknown");
    } else if (good && /event-stream/i.test(type)) {
      if (this.reply.silent) this.reply.begin(status, headers);
      relayEvents(response, this.reply, {
        onEvent: (event, text) => this.event(event, text),
        onEnd: (complete) => (complete ? this.end("unknown") : this.cut()),
      });
    } else {
      readBody(response, MAX_MESSAGE_BYTES).then(
        (body) => this.body({ status, headers, body }, good && body.length > 0 && !/json/i.test(type)),
        (error) => this.fail(`The server's reply cannot be passed on (${errorText(error)}).`, "unknown"),
      );
    }
  }

  private event(event: RawEvent, text: string | null): void {
    this.resumable ||= event.hasId;
    this.events.add(event.bytes);
    this.owner.session.fromUpstream({ bytes: event.bytes, text }, this);
  }

  private body(
    whole: { status: number; headers: OutgoingHttpHeaders; body: Buffer },
    foreign: boolean,
  ): void {
    const text = frameText(whole.body);
    if (foreign || text === null || !isAnswer(text)) {
      this.fail("The server's reply is no answer to the request.", "unknown");
      return;
    }
    this.whole = whole;
    if (whole.body.length === 0) this.reply.whole(whole.status, whole.headers, whole.body);
    else this.owner.session.fromUpstream({ bytes: whole.body, text }, this);
    const why = `The server answered with HTTP ${whole.status}.`;
    if (this.reply.silent || !this.answered) this.say(why);
    this.end(whole.status >= 400 && whole.status < 500 ? "failed" : "unknown");
  }

  /** An error of our own, unless the client has its answer. */
  private say(why: string, status = 502): void {
    const answer = Buffer.from(errorAnswer(idSource(this.ask), -32000, why));
    if (this.reply.silent) this.reply.whole(status, { "content-type": "application/json" }, answer);
    else if (this.ask.message.kind === "request" && !this.answered) this.reply.message(answer, true);
    this.answered = true;
  }

  onError(error: Error, sent: boolean): void {
    log.warn("the server could not be asked", { error: errorText(error) });
    this.fail("The server could not be reached, or did not answer.", sent ? "unknown" : "failed");
  }

  private fail(why: string, outcome: "failed" | "unknown"): void {
    this.say(why);
    this.end(outcome);
  }

  /** The session ends: whoever waits is told. */
  close(): void {
    this.stopOpening();
    if (!this.answered) this.say(sessionEnded(this.forwarded), 503);
    this.request?.abort();
    this.end("unknown");
  }

  /** The stream broke off: a client sees that, too, unless it is ours. */
  private cut(): void {
    if (!this.answered && this.ours && !this.reply.ended) this.say("The server's answer was cut off.");
    else if (!this.reply.ended) this.ask.response.destroy();
    this.end("unknown");
  }

  private end(outcome: "failed" | "unknown"): void {
    this.reply.end();
    this.settle(outcome);
  }

  private settle(outcome: "failed" | "unknown"): void {
    if (this.settled) return;
    this.settled = true;
    this.owner.done(this);
    // the answer may come on another stream of the same session
    if (!this.resumable || this.owner.id === null) this.owner.session.unanswered(this, outcome);
  }
}
