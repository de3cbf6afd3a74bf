import { lookup } from "node:dns/promises";
import * as http from "node:http";
import * as https from "node:https";
import { isIP } from "node:net";
import { env } from "@/lib/core/env";
import { isPublicAddress } from "./public-address";

export interface OutboundOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** from start to last byte; default 10 s */
  timeoutMs?: number;
  /** of the answer; default 1 MB */
  maxBytes?: number;
  /** `host:port` that the operator's own configuration names, in addition to ASSENTRY_OUTBOUND_ALLOW */
  alsoAllow?: readonly string[];
  signal?: AbortSignal;
}

/** Why a request was not sent, or its answer not taken. The message names the host, never the path or the body. */
export class OutboundError extends Error {
  constructor(
    readonly code: "refused" | "unresolved" | "timeout" | "too_large" | "failed",
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = "OutboundError";
  }
}

export interface Pinned {
  address: string;
  family: 4 | 6;
  /** reachable only because the operator said so: may be private, may be plain http */
  excepted: boolean;
}

const bare = (host: string) =>
  host
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();

/** `host` allows every port of it, `host:port` that one alone. */
function isExcepted(host: string, port: number, also: readonly string[]): boolean {
  const written = isIP(host) === 6 ? `[${host}]` : host;
  return [...env().outboundAllow, ...also].some((entry) => {
    const allowed = entry.toLowerCase();
    return allowed === host || allowed === written || allowed === `${written}:${port}`;
  });
}

/**
 * The one address a connection to this host may use: resolved now, and every address it resolves to must be public
 * unless the operator excepted the host. Throws OutboundError. For SMTP: connect to `address`, verify TLS for `host`.
 */
export async function assertOutboundHost(
  host: string,
  port: number,
  also: readonly string[] = [],
): Promise<Pinned> {
  const name = bare(host);
  const excepted = isExcepted(name, port, also);
  let found: { address: string; family: number }[];
  try {
    found = isIP(name) ? [{ address: name, family: isIP(name) }] : await lookup(name, { all: true });
  } catch (cause) {
    throw new OutboundError("unresolved", `${name} cannot be resolved`, cause);
  }
  const [first] = found;
  if (!first) throw new OutboundError("unresolved", `${name} has no address`);
  if (!excepted && !found.every(({ address }) => isPublicAddress(address))) {
    throw new OutboundError(
      "refused",
      `${name} lies in a private network; to allow it, add it to ASSENTRY_OUTBOUND_ALLOW`,
    );
  }
  return { address: first.address, family: first.family === 6 ? 6 : 4, excepted };
}

/**
 * Every outbound HTTP request goes through here: https only (or an excepted host), no private address after resolution,
 * connected to the very address that was checked, redirects not followed, bounded in time and size.
 */
export async function outbound(target: string | URL, options: OutboundOptions = {}): Promise<Response> {
  const url = new URL(target);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new OutboundError("refused", `${url.protocol} is not a way out`);
  }
  if (url.username || url.password) throw new OutboundError("refused", "credentials in an address");
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const timeout = AbortSignal.timeout(options.timeoutMs ?? 10_000);
  const pinned = await assertOutboundHost(url.hostname, port, options.alsoAllow);
  if (url.protocol === "http:" && !pinned.excepted) {
    throw new OutboundError("refused", `${url.hostname} must be reached by https`);
  }
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  return send(url, pinned, options, signal);
}

function send(url: URL, pinned: Pinned, options: OutboundOptions, signal: AbortSignal): Promise<Response> {
  const { method = "GET", headers = {}, body, maxBytes = 1_000_000 } = options;
  const client = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      if (error instanceof OutboundError) return reject(error);
      const late = signal.aborted;
      reject(
        new OutboundError(
          late ? "timeout" : "failed",
          `${url.hostname} ${late ? "did not answer in time" : "could not be asked"}`,
          error,
        ),
      );
    };
    const request = client.request(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }) },
      agent: false,
      signal,
      lookup: (_host, wanted, callback) =>
        wanted.all
          ? callback(null, [{ address: pinned.address, family: pinned.family }])
          : callback(null, pinned.address, pinned.family),
    });
    request.once("error", fail);
    request.once("response", (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes) {
          fail(new OutboundError("too_large", `${url.hostname} answered more than ${maxBytes} bytes`));
          request.destroy();
        } else chunks.push(chunk);
      });
      answer.once("error", fail);
      answer.once("end", () => resolve(toResponse(answer, method, Buffer.concat(chunks))));
    });
    request.end(body);
  });
}

function toResponse(answer: http.IncomingMessage, method: string, body: Buffer): Response {
  const headers = new Headers();
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
    headers.append(answer.rawHeaders[i] as string, answer.rawHeaders[i + 1] as string);
  }
  const status = answer.statusCode ?? 502;
  const empty = method === "HEAD" || [204, 205, 304].includes(status);
  return new Response(empty ? null : new Uint8Array(body), { status, headers });
}
