import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from "node:http";
import type { CallerFacts, RefusalCode } from "../contract/v1";
import type { Agent } from "./agent";
import { frameText, MAX_LINE_BYTES } from "./framing";
import { type Ask, type Backend, idSource, type Posted, sayError } from "./http-backend";
import { type Credentials, credentialCaller } from "./http-credentials";
import { corsHeaders, type Guard, preflightHeaders } from "./http-guard";
import { accepts, headerMismatch, headerOf, isJson, repeatedHeader } from "./http-headers";
import type { HttpRefusals } from "./http-refusals";
import { BodyTooLarge, readBody } from "./http-upstream";
import { isDiscovery, say, type UpstreamAuth } from "./http-upstream-auth";
import { errorText, log } from "./log";
import { looseId, type ReadFrame, readStrictly } from "./malformed";

const PATH = "/mcp";
const BODY_MS = 60_000;
/** What follows a body that is too long is taken in this long, and thrown away. */
const REST_MS = 5000;
const IDENTITY_MS = 5000;
const HEADER_MISMATCH = -32020;
const GUARD_WORDS = {
  bad_host: "this agent does not go by that name.",
  bad_origin: "pages of that origin may not call.",
};
/** Forwarded whatever the credential: the server itself says no. */
const OPENING = /^(?:initialize|server\/discover|ping|notifications\/.*)$/;

export interface FrontParts {
  readonly agent: Agent;
  readonly guard: Guard;
  readonly backend: Backend;
  readonly refusals: HttpRefusals;
  /** whose credentials clients show: ours, or the server's behind */
  readonly auth: { readonly own: Credentials } | { readonly upstream: UpstreamAuth };
}

interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly source: string;
  /** headers that all our answers carry */
  readonly headers: OutgoingHttpHeaders;
}

/** Everything between a socket and a message that may be judged: who calls, by which name, with what. */
export class HttpFront {
  constructor(private readonly parts: FrontParts) {}

  readonly listener: RequestListener = (request, response) => {
    request.on("error", () => {});
    this.serve(request, response).catch((error) => {
      log.error("a request failed by a fault of the agent", { error: errorText(error) });
      if (response.headersSent) response.destroy();
      else sayError({ response, headers: {} }, 500, "The agent failed; nothing was executed.");
    });
  };

  private refuse(visit: Visit, status: number, code: RefusalCode, why: string, more: Refused = {}): void {
    const { detail = null, caller = null, id, rpcCode, extra } = more;
    this.parts.refusals.note({ code, detail, source: visit.source, caller });
    sayError(visit, status, `Refused, not executed: ${why}`, { id, code: rpcCode ?? -32600, extra });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const source = request.socket.remoteAddress ?? "unknown";
    const visit: Visit = { request, response, source, headers: {} };
    const problem = this.parts.guard.problem(request.headers);
    if (problem !== null) this.refuse(visit, 403, problem, GUARD_WORDS[problem]);
    else await this.known({ ...visit, headers: corsHeaders(request.headers.origin) });
  }

  /** The request came by a name and from an origin that are allowed. */
  private async known(visit: Visit): Promise<void> {
    const { request, response, headers } = visit;
    const { method = "" } = request;
    const path = request.url?.split("?", 1)[0] ?? "";
    const { auth } = this.parts;
    if (method === "OPTIONS" && request.headers.origin !== undefined) {
      const asked = headerOf(request.headers, "access-control-request-headers") ?? undefined;
      response.writeHead(204, { ...headers, ...preflightHeaders(asked) }).end();
    } else if (method === "GET" && "upstream" in auth && isDiscovery(path))
      await auth.upstream.discover(path, response, headers);
    else if (path !== PATH) sayError(visit, 404, `There is nothing here; MCP is at ${PATH}.`);
    else if (method !== "POST" && method !== "GET" && method !== "DELETE")
      sayError(visit, 405, "There is no such method here.", { extra: { allow: "GET, POST, DELETE" } });
    else if (repeatedHeader(request) !== null)
      this.refuse(visit, 400, "malformed", "a header is there twice, or for one hop only.", {
        detail: "repeated_header",
      });
    else await this.authenticate(visit);
  }

  /** The key that callers are told apart by comes with the enrolment. */
  private async fingerprintKey(): Promise<Uint8Array | null> {
    const { agent } = this.parts;
    const deadline = agent.clock.monotonic() + IDENTITY_MS;
    while (!agent.identity && agent.problem === null && agent.clock.monotonic() < deadline)
      await new Promise((done) => setTimeout(done, 20));
    return agent.identity?.fingerprintKey ?? null;
  }

  private async authenticate(visit: Visit): Promise<void> {
    const { request } = visit;
    const { auth } = this.parts;
    const authorization = headerOf(request.headers, "authorization") ?? undefined;
    const own = "own" in auth ? auth.own.find(authorization) : null;
    if ("own" in auth ? own === null : !authorization?.trim()) return this.notAuthenticated(visit);
    const key = await this.fingerprintKey();
    if (!key) {
      const why = "The agent is not enrolled at the Assentry console.";
      sayError(visit, 503, why, { extra: { "retry-after": "5" } });
      return;
    }
    const secret = own?.secret ?? (authorization as string).trim();
    await this.admit(visit, credentialCaller(key, secret, own?.name));
  }

  private async notAuthenticated(visit: Visit): Promise<void> {
    const { auth } = this.parts;
    if ("upstream" in auth) {
      const answer = await auth.upstream.refusal(visit.request, null).catch(() => null);
      if (answer) {
        this.parts.refusals.note({
          code: "not_authenticated",
          detail: null,
          source: visit.source,
          caller: null,
        });
        say(visit.response, answer, visit.headers);
        return;
      }
    }
    const extra = { "www-authenticate": 'Bearer realm="assentry-agent"' };
    const why = "a credential is needed: Authorization: Bearer …";
    this.refuse(visit, 401, "not_authenticated", why, { extra, rpcCode: -32001 });
  }

  private async admit(visit: Visit, caller: CallerFacts): Promise<void> {
    const { request, response, headers } = visit;
    const { backend } = this.parts;
    const accept = accepts(request.headers.accept);
    const sessionId = headerOf(request.headers, "mcp-session-id");
    const ask: Ask = { request, response, caller, sessionId, streams: accept.events, headers };
    if (request.method === "GET") backend.get(ask);
    else if (request.method === "DELETE") backend.delete(ask);
    else if (!accept.json && !accept.events)
      sayError(visit, 406, "The client must accept application/json and text/event-stream.");
    else if (!isJson(headerOf(request.headers, "content-type")))
      sayError(visit, 415, "The body must be application/json in UTF-8.");
    else if ((headerOf(request.headers, "content-encoding") ?? "identity") !== "identity")
      sayError(visit, 415, "The body must not be compressed.");
    else await this.post(visit, ask);
  }

  private async body(visit: Visit, caller: CallerFacts): Promise<Buffer | null> {
    const { request, response } = visit;
    const late = setTimeout(() => {
      sayError(visit, 408, "The body did not come in time.", { extra: { connection: "close" } });
      request.destroy();
    }, BODY_MS);
    try {
      if (Number(request.headers["content-length"] ?? 0) > MAX_LINE_BYTES) throw new BodyTooLarge();
      return await readBody(request);
    } catch (error) {
      if (error instanceof BodyTooLarge && !response.headersSent) {
        await theRest(request);
        this.refuse(visit, 413, "malformed", "the message is too long.", { detail: "too_long", caller });
      }
      return null;
    } finally {
      clearTimeout(late);
    }
  }

  private async post(visit: Visit, ask: Ask): Promise<void> {
    const { caller } = ask;
    const bytes = await this.body(visit, caller);
    if (bytes === null || visit.response.destroyed) return;
    const text = frameText(bytes);
    const read = readStrictly({ bytes, text, ...(text === null && { problem: "encoding" }) }, "allow");
    const frame: ReadFrame = { bytes, text: text ?? "" };
    const id = "message" in read ? idSource({ frame, message: read.message }) : looseId(text);
    const mismatch = "message" in read ? headerMismatch(visit.request.headers, read.message) : null;
    if (!("message" in read))
      this.refuse(visit, 400, "malformed", read.why, { detail: read.code, caller, id });
    else if (mismatch !== null) {
      const more = { detail: mismatch, caller, id, rpcCode: HEADER_MISMATCH };
      this.refuse(visit, 400, "header_mismatch", `the header ${mismatch} is not what the body says.`, more);
    } else await this.forward(visit, { ...ask, frame, message: read.message }, id);
  }

  /** Of whom the server behind knows nothing yet, nothing is held or recorded. */
  private async forward(visit: Visit, ask: Posted, id: string): Promise<void> {
    const { message, caller } = ask;
    const { auth, backend } = this.parts;
    const asks = "upstream" in auth && message.kind !== "response" && !OPENING.test(message.method);
    const refusal = asks ? await auth.upstream.refusal(visit.request, caller).catch(errorText) : null;
    if (typeof refusal === "string")
      sayError(visit, 502, "The server could not be reached, or did not answer.", { id });
    else if (refusal) say(visit.response, refusal, visit.headers);
    else if (!visit.response.destroyed) backend.post(ask);
  }
}

/** A client that still sends would see a broken connection instead of the answer. */
function theRest(request: IncomingMessage): Promise<void> {
  request.resume();
  return new Promise((done) => {
    setTimeout(done, REST_MS).unref();
    for (const event of ["end", "close"]) request.on(event, () => done());
  });
}

interface Refused {
  readonly detail?: string;
  readonly caller?: CallerFacts;
  /** source text of the request's id */
  readonly id?: string;
  readonly rpcCode?: number;
  readonly extra?: OutgoingHttpHeaders;
}
