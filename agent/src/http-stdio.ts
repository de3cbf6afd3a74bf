import { randomBytes } from "node:crypto";
import { singleLine } from "../contract/scan";
import type { CallerFacts } from "../contract/v1";
import type { Agent } from "./agent";
import {
  type Ask,
  type Backend,
  idSource,
  type Posted,
  sayError,
  sayFull,
  sayNoSession,
} from "./http-backend";
import { Reply } from "./http-reply";
import { HttpSessions } from "./http-sessions";
import { StdioPost } from "./http-stdio-post";
import { StdioSession } from "./http-stdio-session";
import { type ReadFrame, readStrictly } from "./malformed";

/** A command kept for the next request without a session; soon given up. */
const SPARE_IDLE_MS = 60_000;

/** The same message on one line, as a reader of lines must get it. */
function onOneLine(ask: Posted): Posted {
  const text = singleLine(ask.frame.text, ask.message.root);
  const bytes = Buffer.from(`${text}\n`);
  const frame: ReadFrame = { bytes, text };
  if (text === ask.frame.text) return { ...ask, frame };
  const read = readStrictly(frame);
  if (!("message" in read)) throw new Error("a message became unreadable on one line");
  return { ...ask, frame, message: read.message };
}

const isError = (answer: Buffer | null): boolean =>
  answer !== null && (JSON.parse(answer.toString("utf8")) as { error?: unknown }).error !== undefined;

/** Streamable HTTP in front of a command: one process for every session. What is started never comes from the network. */
export class HttpStdio implements Backend {
  private readonly sessions: HttpSessions<StdioSession>;
  /** for requests without a session, one at a time each, so that their ids never meet */
  private readonly spare: HttpSessions<StdioSession>;
  private readonly all = new Set<StdioSession>();

  constructor(
    private readonly agent: Agent,
    private readonly command: readonly string[],
    private readonly options: { readonly idleMs: number; readonly maxSessions: number },
  ) {
    const now = () => agent.clock.monotonic();
    this.sessions = new HttpSessions(options.idleMs, now);
    this.spare = new HttpSessions(Math.min(SPARE_IDLE_MS, options.idleMs), now);
  }

  private start(caller: CallerFacts): StdioSession {
    const session = new StdioSession(this.agent, caller, this.command);
    this.all.add(session);
    void session.ended.then(() => this.all.delete(session));
    return session;
  }

  /** Whether one more process may be started; an idle one makes room for it. */
  private hasRoom(): boolean {
    const running = [...this.all].filter((session) => !session.isOver).length;
    if (running < this.options.maxSessions) return true;
    const spare = this.spare.take(() => true);
    spare?.close();
    return spare !== null || this.sessions.makeRoom();
  }

  post(given: Posted): void {
    const ask = onOneLine(given);
    const { message, caller, sessionId } = ask;
    if (sessionId !== null) {
      const session = this.sessions.find(sessionId, caller.key);
      if (session) session.post(new StdioPost(session, ask));
      else sayNoSession(ask, idSource(ask));
    } else if (message.kind === "request" && message.method === "initialize") this.open(ask);
    else if (message.kind === "request") this.alone(ask);
    // nothing was asked, so nothing is there that it could belong to
    else sayError(ask, 400, "A session is needed: send initialize first.");
  }

  private open(ask: Posted): void {
    if (!this.hasRoom()) {
      sayFull(ask, idSource(ask));
      return;
    }
    const session = this.start(ask.caller);
    const id = randomBytes(24).toString("base64url");
    this.sessions.add(id, session);
    void session.ended.then(() => this.sessions.end(id));
    const post = new StdioPost(session, ask, ({ answer, answered }) => {
      if (!answered || isError(answer)) this.sessions.end(id);
    });
    post.reply.setHeader("mcp-session-id", id);
    session.post(post);
  }

  /** A request that needs no session, as all are from 2026-07-28 on. */
  private alone(ask: Posted): void {
    const standing = this.spare.take((session) => session.callerKey === ask.caller.key);
    if (!standing && !this.hasRoom()) {
      sayFull(ask, idSource(ask));
      return;
    }
    const session = standing ?? this.start(ask.caller);
    if (!standing) session.session.manifest.ready(null);
    const key = randomBytes(12).toString("hex");
    const post = new StdioPost(session, ask, ({ answered }) => {
      // a late answer must not meet the next request
      if (!answered || session.isOver || !this.spare.add(key, session)) session.close();
    });
    session.post(post);
  }

  get(ask: Ask): void {
    if (ask.sessionId === null) {
      sayError(ask, 405, "There is no stream without a session.", { extra: { allow: "POST" } });
      return;
    }
    const session = this.sessions.find(ask.sessionId, ask.caller.key);
    if (!session) sayNoSession(ask);
    else if (!ask.streams) sayError(ask, 406, "The client must accept text/event-stream.");
    else session.listen(new Reply(ask.response, true, { ...ask.headers }));
  }

  delete(ask: Ask): void {
    const { sessionId, caller, response } = ask;
    if (sessionId === null || !this.sessions.find(sessionId, caller.key)) {
      sayNoSession(ask);
      return;
    }
    this.sessions.end(sessionId);
    response.writeHead(200, { ...ask.headers, "content-length": 0 }).end();
  }

  async close(): Promise<void> {
    this.sessions.drain();
    this.spare.drain();
    await Promise.all([...this.all].map((session) => session.end(true)));
  }
}
