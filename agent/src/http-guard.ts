import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "./config";

export type GuardCode = "bad_host" | "bad_origin";

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Keeps web pages out that reach this agent through a browser (DNS rebinding): it must be called by a name it goes
 * by, and an Origin must be one that was allowed.
 */
export class Guard {
  private readonly hosts: ReadonlySet<string>;
  private readonly origins: ReadonlySet<string>;

  /** @param port the one that is really listened on */
  constructor(host: string, port: number, allowHosts: readonly string[], allowOrigins: readonly string[]) {
    const own = isLoopback(host) ? [host, ...LOOPBACK_NAMES] : [host];
    this.hosts = new Set([...own.map((name) => `${name}:${port}`), ...allowHosts]);
    this.origins = new Set(allowOrigins);
  }

  /** Why the request is refused, or null. */
  problem(headers: IncomingHttpHeaders): GuardCode | null {
    const host = headers.host?.toLowerCase() ?? "";
    if (!this.hosts.has(host) && !this.hosts.has(host.replace(/:\d{1,5}$/, ""))) return "bad_host";
    if (headers.origin !== undefined && !this.origins.has(headers.origin)) return "bad_origin";
    return null;
  }
}

/** What a browser wants to read before it lets a page of an allowed origin call. */
export function corsHeaders(origin: string | undefined): Record<string, string> {
  if (origin === undefined) return {};
  return {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "Mcp-Session-Id, WWW-Authenticate",
    vary: "Origin",
  };
}

export function preflightHeaders(asked: string | undefined): Record<string, string> {
  return {
    "access-control-allow-methods": "GET, POST, DELETE",
    ...(asked && /^[A-Za-z0-9, -]{1,500}$/.test(asked) && { "access-control-allow-headers": asked }),
    "access-control-max-age": "600",
  };
}
