import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { CallerFacts } from "../contract/v1";
import type { Agent } from "./agent";
import type { Exchange } from "./exchange";
import {
  type Ask,
  type Backend,
  idSource,
  type Posted,
  sayError,
  sayFull,
  sayNoSession,
} from "./http-backend";
import { headerOf, returnHeaders } from "./http-headers";
import { RelayPost, relayEvents } from "./http-relay-post";
import { type RelayPorts, RelaySession } from "./http-relay-session";
import { Reply } from "./http-reply";
import { HttpSessions } from "./http-sessions";
import { readBody, type Upstream } from "./http-upstream";

/** A caller's stream for what the server says unasked. */
class RelayStream implements Exchange {
  private readonly events = new WeakSet<Buffer>();

  constructor(
    private readonly owner: RelaySession,
    private readonly reply: Reply,
  ) {}

  toClient(bytes: Buffer): void {
    if (this.events.has(bytes)) this.reply.raw(bytes);
    else this.reply.message(bytes, false);
  }

  toUpstream(bytes: Buffer): void {
    this.owner.send(bytes);
  }

  follow(response: IncomingMessage, headers: OutgoingHttpHeaders): void {
    this.reply.begin(response.statusCode ?? 200, headers);
    relayEvents(response, this.reply, {
      onEnd: (whole) => (whole ? this.reply.end() : this.reply.response.destroy()),
      onEvent: (event, text) => {
        this.events.add(event.bytes);
        this.owner.session.fromUpstream({ bytes: event.bytes, text }, this);
      },
    });
  }
}

/** Streamable HTTP in front of Streamable HTTP. */
export class HttpRelay implements Backend {
  private readonly sessions: HttpSessions<RelaySession>;
  /** what callers say without a session, by caller */
  private readonly sessionless: HttpSessions<RelaySession>;
  private readonly ports: RelayPorts;
  private readonly maxSessions: number;
  private readonly accepted = new WeakSet<RelaySession>();

  /** @param onAccepted a server whose resource this is took the caller's credential */
  constructor(
    agent: Agent,
    private readonly upstream: Upstream,
    options: {
      readonly fronts: RelayPorts["fronts"];
      readonly authorization: string | null;
      readonly idleMs: number;
      readonly maxSessions: number;
      readonly onAccepted: (caller: CallerFacts) => void;
    },
  ) {
    const now = () => agent.clock.monotonic();
    this.sessions = new HttpSessions(options.idleMs, now);
    this.sessionless = new HttpSessions(options.idleMs, now);
    this.maxSessions = options.maxSessions;
    this.ports = {
      agent,
      upstream,
      fronts: options.fronts,
      authorization: options.authorization,
      opened: (session, ask, response) => {
        const status = response.statusCode ?? 502;
        if (status >= 200 && status < 300) {
          options.onAccepted(ask.caller);
          this.accepted.add(session);
        } else if ((status === 401 || status === 403) && !this.accepted.has(session))
          // strangers must not fill the place of those whom the server knows
          this.sessionless.take((one) => one === session);
        return this.opened(session, ask, response);
      },
    };
  }

  /** A new session is the caller's from its first answer on. */
  private opened(session: RelaySession, { message }: Posted, response: IncomingMessage): string | null {
    if (message.kind !== "request" || message.method !== "initialize" || session.id !== null) return null;
    const status = response.statusCode ?? 502;
    if (status < 200 || status >= 300) return null;
    const id = headerOf(response.headers, "mcp-session-id");
    if (id !== null) {
      if (!this.sessions.add(id, session)) return "The server gave a session that is already in use.";
      session.id = id;
      return null;
    }
    const standing = this.sessionless.find(session.callerKey, session.callerKey);
    if (standing) standing.session.client = session.session.client;
    else this.sessionless.add(session.callerKey, session);
    return null;
  }

  private sessionFor(ask: Posted): RelaySession | null {
    const { message, caller, sessionId } = ask;
    const id = idSource(ask);
    if (sessionId !== null) {
      const session = this.sessions.find(sessionId, caller.key);
      if (!session) sayNoSession(ask, id);
      return session;
    }
    const opening = message.kind === "request" && message.method === "initialize";
    const standing = opening ? null : this.sessionless.find(caller.key, caller.key);
    if (standing) return standing;
    const kind = opening ? this.sessions : this.sessionless;
    if (kind.size >= this.maxSessions && !kind.makeRoom()) {
      sayFull(ask, id);
      return null;
    }
    const session = new RelaySession(this.ports, caller);
    if (opening) return session;
    session.session.manifest.ready(null);
    this.sessionless.add(caller.key, session);
    return session;
  }

  post(ask: Posted): void {
    const session = this.sessionFor(ask);
    if (session) session.post(new RelayPost(session, ask));
  }

  get(ask: Ask): void {
    const session = this.owned(ask);
    if (session) this.pass(ask, session, "GET");
  }

  delete(ask: Ask): void {
    const session = this.owned(ask);
    if (session) this.pass(ask, session, "DELETE");
  }

  private owned(ask: Ask): RelaySession | null {
    const { sessionId, caller } = ask;
    const session =
      sessionId === null
        ? (this.sessionless.find(caller.key, caller.key) ?? new RelaySession(this.ports, caller))
        : this.sessions.find(sessionId, caller.key);
    if (!session) sayNoSession(ask);
    return session;
  }

  /** A GET or DELETE goes on as it is. */
  private pass(ask: Ask, session: RelaySession, method: "GET" | "DELETE"): void {
    const reply = new Reply(ask.response, ask.streams, { ...ask.headers });
    session.stream(reply, true);
    const failed = () => sayError(ask, 502, "The server could not be reached, or did not answer.");
    const request = this.upstream.send(method, session.headersOf(ask), null, {
      onError: failed,
      onResponse: (response) => {
        const status = response.statusCode ?? 502;
        const good = status >= 200 && status < 300;
        const type = response.headers["content-type"];
        const headers = {
          ...returnHeaders(response.rawHeaders, session.fronts),
          ...ask.headers,
          ...(type !== undefined && { "content-type": type }),
        };
        const problem = session.problemOf(response);
        if (problem !== null) {
          response.resume();
          sayError(ask, 502, problem);
        } else if (method === "GET" && good) new RelayStream(session, reply).follow(response, headers);
        else
          readBody(response).then((body) => {
            reply.whole(status, headers, body);
            if (method === "DELETE" && ask.sessionId !== null && (good || status === 404))
              this.sessions.end(ask.sessionId);
          }, failed);
      },
    });
    ask.response.on("close", () => {
      session.stream(reply, false);
      request.abort();
    });
  }

  async close(): Promise<void> {
    const all = [...this.sessions.drain(), ...this.sessionless.drain()];
    for (const { session } of all) session.clientGone();
    // those who waited tell the console first
    await new Promise((done) => setImmediate(done));
    for (const session of all) session.close();
    this.upstream.close();
  }
}
