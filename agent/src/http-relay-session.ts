import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { CallerFacts } from "../contract/v1";
import type { Agent } from "./agent";
import type { Exchange } from "./exchange";
import { frameText } from "./framing";
import type { Ask, Posted } from "./http-backend";
import { EventSplitter } from "./http-events";
import { forwardHeaders, headerOf } from "./http-headers";
import { MAX_MESSAGE_BYTES, type RelayPost } from "./http-relay-post";
import type { Reply } from "./http-reply";
import type { Owned } from "./http-sessions";
import { readBody, type Upstream, type UpstreamRequest } from "./http-upstream";
import { Session } from "./session";

/** A server that does not confirm a notification must not keep our own questions for ever. */
const BARRIER_MS = 2000;

export interface RelayPorts {
  readonly agent: Agent;
  readonly upstream: Upstream;
  readonly fronts: "same_resource" | "other";
  /** Authorization of our own, or null */
  readonly authorization: string | null;
  /** The server answered a POST. Returns why that may not reach the client, or null. */
  opened(session: RelaySession, ask: Posted, response: IncomingMessage): string | null;
}

/** One client's conversation with an HTTP server: a session of that server's, or all that a caller says without one. */
export class RelaySession implements Owned, Exchange {
  /** the server's name for it; null while it has none */
  id: string | null = null;
  readonly session: Session;
  private readonly posts = new Set<RelayPost>();
  private readonly streams = new Set<Reply>();
  private headers: OutgoingHttpHeaders = {};
  private barrier: Promise<void> = Promise.resolve();

  constructor(
    readonly ports: RelayPorts,
    readonly caller: CallerFacts,
  ) {
    this.session = new Session(ports.agent, caller, this);
  }

  get callerKey(): string {
    return this.caller.key;
  }

  get fronts(): RelayPorts["fronts"] {
    return this.ports.fronts;
  }

  get busy(): boolean {
    return this.posts.size > 0 || this.streams.size > 0;
  }

  /** Headers of a client's request for the server; kept for what we ask ourselves in the same session. */
  headersOf(ask: Ask): OutgoingHttpHeaders {
    return forwardHeaders(ask.request.rawHeaders, this.fronts, this.ports.authorization);
  }

  post(post: RelayPost): void {
    this.posts.add(post);
    const kept = this.headersOf(post.ask);
    for (const name of Object.keys(kept))
      if (/^(?:mcp-name|mcp-param-.*|last-event-id|content-.*)$/.test(name)) delete kept[name];
    if (kept["mcp-method"] !== undefined) kept["mcp-method"] = "tools/list";
    this.headers = kept;
    post.start();
  }

  done(post: RelayPost): void {
    this.posts.delete(post);
  }

  stream(reply: Reply, open: boolean): void {
    if (open) this.streams.add(reply);
    else this.streams.delete(reply);
  }

  /** The client's own bytes. */
  forward(post: RelayPost, bytes: Buffer, ownSocket: boolean): UpstreamRequest {
    let confirmed = () => {};
    if (post.ask.message.kind === "notification") {
      const limit = new Promise<void>((done) => setTimeout(done, BARRIER_MS).unref());
      this.barrier = Promise.race([limit, new Promise<void>((done) => (confirmed = done))]);
    }
    return this.ports.upstream.send(
      "POST",
      this.headersOf(post.ask),
      bytes,
      {
        onResponse: (response) => {
          confirmed();
          post.onResponse(response);
        },
        onError: (error, sent) => {
          confirmed();
          post.onError(error, sent);
        },
      },
      { ownSocket },
    );
  }

  opened(ask: Posted, response: IncomingMessage): string | null {
    return this.ports.opened(this, ask, response);
  }

  /** Why a reply is not the server's own word, or not one for the client; null when it is. */
  problemOf({ statusCode: status = 502, headers }: IncomingMessage): string | null {
    if (status >= 300 && status < 400)
      return "The server wants to be asked elsewhere; redirects are not followed.";
    if (status === 401 && this.fronts === "other")
      return "The server does not accept the agent's own credential; tell whoever runs the agent.";
    const coding = headers["content-encoding"];
    return coding === undefined || coding === "identity"
      ? null
      : "The server's reply is compressed, unasked.";
  }

  /** Messages on no stream of the client's: nobody would hear them. */
  toClient(): void {}

  toUpstream(bytes: Buffer): void {
    this.send(bytes);
  }

  /** One of our own messages: a question, or the answer to one of the server's. */
  send(bytes: Buffer): void {
    void this.barrier.then(() => {
      const failed = () => this.noAnswer(bytes);
      const { upstream } = this.ports;
      upstream.send("POST", this.ownHeaders(), bytes, {
        onError: failed,
        onResponse: (response) => {
          if (this.problemOf(response) !== null || (response.statusCode ?? 502) >= 300) {
            response.resume();
            failed();
          } else this.hear(response, failed);
        },
      });
    });
  }

  private ownHeaders(): OutgoingHttpHeaders {
    return {
      ...this.headers,
      ...(this.id !== null && { "mcp-session-id": this.id }),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
  }

  /** The reply to one of our own questions. */
  private hear(response: IncomingMessage, failed: () => void): void {
    const take = (bytes: Buffer) => this.session.fromUpstream({ bytes, text: frameText(bytes) }, this);
    if (!/event-stream/i.test(headerOf(response.headers, "content-type") ?? "")) {
      readBody(response, MAX_MESSAGE_BYTES)
        .then((body) => body.length > 0 && take(body))
        .finally(failed)
        .catch(() => {});
      return;
    }
    const splitter = new EventSplitter(({ data }) => data && take(data), MAX_MESSAGE_BYTES);
    response.on("data", (chunk: Buffer) => {
      try {
        splitter.push(chunk);
      } catch {
        response.destroy();
      }
    });
    response.on("close", failed);
  }

  /** A question that will not be answered any more is not waited for; one that was answered is no longer known. */
  private noAnswer(question: Buffer): void {
    const { id } = JSON.parse(question.toString("utf8")) as { id?: unknown };
    this.session.manifest.answer(id, "{}");
  }

  close(): void {
    this.session.close();
    for (const post of [...this.posts]) post.close();
    for (const reply of this.streams) reply.end();
  }
}
