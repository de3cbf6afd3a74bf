import { randomBytes } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { CallerFacts } from "../contract/v1";
import { sayError } from "./http-backend";
import { forwardHeaders, headerOf, returnHeaders } from "./http-headers";
import { readBody, type Upstream } from "./http-upstream";

const DISCOVERY = /^\/\.well-known\/[A-Za-z0-9_~-][A-Za-z0-9._~/-]{0,300}$/;
const ACCEPTED_MS = 300_000;
const MAX_ACCEPTED = 1000;
const MAX_BODY_BYTES = 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

export const isDiscovery = (path: string): boolean => DISCOVERY.test(path) && !path.includes("..");

/**
 * Clients that show the credential of the server behind. Only that server can tell whether it is good, so it is asked
 * before anything of a stranger is held or recorded; its 401 and 403 go back as they are.
 */
export class UpstreamAuth {
  private readonly accepted = new Map<string, number>();

  constructor(
    private readonly upstream: Upstream,
    private readonly now: () => number,
  ) {}

  /** The server took a request under this caller's credential. */
  accept({ key }: CallerFacts): void {
    this.accepted.delete(key);
    this.accepted.set(key, this.now() + ACCEPTED_MS);
    for (const oldest of this.accepted.keys()) {
      if (this.accepted.size <= MAX_ACCEPTED) break;
      this.accepted.delete(oldest);
    }
  }

  /** Null when the server takes the credential, or else what it says instead. Rejects when it does not answer. */
  async refusal(request: IncomingMessage, caller: CallerFacts | null): Promise<Answer | null> {
    if (caller && (this.accepted.get(caller.key) ?? 0) > this.now()) return null;
    const answer = await this.ask(request);
    if (answer.status === 401 || answer.status === 403) return answer;
    if (answer.status >= 500) throw new Error(`the server answered ${answer.status}`);
    if (caller) this.accept(caller);
    return null;
  }

  /** A question without any effect, under the client's own headers. */
  private ask(request: IncomingMessage): Promise<Answer> {
    const headers = forwardHeaders(request.rawHeaders, "same_resource", null);
    for (const name of Object.keys(headers))
      if (/^(?:mcp-name|mcp-param-.*|last-event-id|content-.*)$/.test(name)) delete headers[name];
    if (headers["mcp-method"] !== undefined) headers["mcp-method"] = "ping";
    headers["content-type"] = "application/json";
    headers.accept = "application/json, text/event-stream";
    const id = `assentry-${randomBytes(9).toString("hex")}`;
    return this.send("POST", headers, Buffer.from(`{"jsonrpc":"2.0","id":"${id}","method":"ping"}`));
  }

  private send(
    method: string,
    headers: OutgoingHttpHeaders,
    body: Buffer | null,
    path?: string,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.upstream.send(
        method,
        headers,
        body,
        {
          onError: reject,
          onResponse: (response) => {
            const status = response.statusCode ?? 502;
            const type = headerOf(response.headers, "content-type");
            const passed = {
              ...returnHeaders(response.rawHeaders, "same_resource"),
              ...(type !== null && { "content-type": type }),
            };
            // a stream may stay open, and nobody wants what it says
            if (method === "POST" && status !== 401 && status !== 403) {
              response.destroy();
              resolve({ status, headers: passed, body: Buffer.alloc(0) });
            } else
              readBody(response, MAX_BODY_BYTES).then(
                (bytes) => resolve({ status, headers: passed, body: bytes }),
                reject,
              );
          },
        },
        { path },
      );
    });
  }

  /** Where clients learn how to get a credential. Nothing of the client goes along but the path. */
  async discover(path: string, response: ServerResponse, headers: OutgoingHttpHeaders): Promise<void> {
    const asked = { accept: "application/json", "accept-encoding": "identity" };
    try {
      const answer = await this.send("GET", asked, null, path);
      if (answer.status >= 300 && answer.status < 400) throw new Error("redirects are not followed");
      say(response, answer, headers);
    } catch {
      sayError({ response, headers }, 502, "The server could not be reached, or did not answer.");
    }
  }
}

/** Passes the server's own answer on. */
export function say(response: ServerResponse, answer: Answer, headers: OutgoingHttpHeaders): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(answer.status, {
    ...answer.headers,
    ...headers,
    "content-length": answer.body.length,
  });
  response.end(answer.body);
}
