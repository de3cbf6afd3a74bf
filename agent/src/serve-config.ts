import { type Flags, isLoopback, positive, text, UsageError, upstreamAuthorization } from "./config";

/** What `serve` needs besides what every command needs. */
export interface ServeConfig {
  /** `host` as in a URL: IPv6 in brackets; port 0 takes any */
  readonly listen: { readonly host: string; readonly port: number };
  /** where the server's requests go, or the command that is started for every session */
  readonly server: { readonly upstream: URL } | { readonly command: readonly string[] };
  /** further names this agent goes by: `name` for any port, `name:port` */
  readonly allowHosts: readonly string[];
  /** origins of web pages that may call, as browsers send them */
  readonly allowOrigins: readonly string[];
  /** who tells clients apart: our own secrets, or the server behind, whose resource this is */
  readonly clientAuth: "secret" | "upstream";
  /** names of further secrets beside the first */
  readonly credentials: readonly string[];
  /** Authorization of our own requests to the server behind */
  readonly authorization: string | null;
  readonly idleMs: number;
  readonly maxSessions: number;
}

export const SERVE_FLAGS = {
  listen: { type: "string" },
  upstream: { type: "string" },
  "allow-host": { type: "string", multiple: true },
  "allow-origin": { type: "string", multiple: true },
  "allow-plain-upstream": { type: "boolean" },
  "client-auth": { type: "string" },
  credential: { type: "string", multiple: true },
  "session-idle-minutes": { type: "string" },
  "max-sessions": { type: "string" },
} as const;

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::(\d{1,5}))?$/i;
const IDLE_MINUTES = 30;
/** Every session of a command is a process. */
const MAX_PROCESSES = 64;
const MAX_SESSIONS = 1000;

const list = (value: Flags[string]): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string" && item !== "").map(String) : [];

function listenAddress(value: string | undefined): ServeConfig["listen"] {
  const match = HOST.exec(value ?? "");
  const port = Number(match?.[2]);
  if (!match?.[1] || match[2] === undefined || port > 65_535)
    throw new UsageError("--listen HOST:PORT is missing or mistyped, for instance 127.0.0.1:8080");
  return { host: match[1].toLowerCase(), port };
}

function upstreamAddress(value: string, plain: boolean): URL {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new UsageError("--upstream is not a URL");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new UsageError("--upstream must be http:// or https://");
  if (url.protocol === "http:" && !isLoopback(url.hostname) && !plain)
    throw new UsageError(
      "--upstream over http:// to another host can be read on the way: use https://, or say --allow-plain-upstream",
    );
  if (url.username || url.password || url.hash)
    throw new UsageError(
      "--upstream is an address without user or fragment; its credential comes by ASSENTRY_UPSTREAM_AUTHORIZATION",
    );
  return url;
}

function allowedOrigin(value: string): string {
  const origin = URL.canParse(value) ? new URL(value).origin : "null";
  if (origin === "null" || origin !== value.toLowerCase())
    throw new UsageError(
      "--allow-origin is an origin as browsers send it, for instance https://app.example.com",
    );
  return origin;
}

function serverOf(flags: Flags, command: readonly string[] | null): ServeConfig["server"] {
  const upstream = text(flags.upstream);
  if (upstream !== undefined && command !== null)
    throw new UsageError("give --upstream URL or -- COMMAND ARG…, not both");
  if (upstream !== undefined)
    return { upstream: upstreamAddress(upstream, flags["allow-plain-upstream"] === true) };
  if (!command?.length) throw new UsageError("the server is missing: --upstream URL or -- COMMAND ARG…");
  return { command };
}

function clientAuthOf(flags: Flags, server: ServeConfig["server"], authorization: string | null) {
  const given = text(flags["client-auth"]) ?? "secret";
  if (given !== "secret" && given !== "upstream") throw new UsageError("--client-auth is secret or upstream");
  if (given === "secret") return given;
  if ("command" in server) throw new UsageError("--client-auth upstream needs --upstream");
  if (authorization !== null)
    throw new UsageError(
      "--client-auth upstream passes the clients' own credentials: unset ASSENTRY_UPSTREAM_AUTHORIZATION",
    );
  return given;
}

/** Throws UsageError. @param command what follows `--`, or null */
export function serveConfig(
  flags: Flags,
  command: readonly string[] | null,
  authorization = upstreamAuthorization(),
): ServeConfig {
  const listen = listenAddress(text(flags.listen));
  const server = serverOf(flags, command);
  const allowHosts = list(flags["allow-host"]).map((host) => host.toLowerCase());
  for (const host of allowHosts)
    if (!HOST.test(host)) throw new UsageError("--allow-host is a host name, with or without a port");
  if (!isLoopback(listen.host) && allowHosts.length === 0)
    throw new UsageError(
      "--listen beyond this machine needs --allow-host NAME, the name that clients call it by",
    );
  const credentials = list(flags.credential);
  for (const name of credentials)
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name))
      throw new UsageError("--credential NAME is made of letters, digits, - and _");
  const clientAuth = clientAuthOf(flags, server, authorization);
  if (clientAuth === "upstream" && credentials.length > 0)
    throw new UsageError("--credential has no meaning with --client-auth upstream");
  const idle = positive("--session-idle-minutes", text(flags["session-idle-minutes"])) ?? IDLE_MINUTES;
  const most = positive("--max-sessions", text(flags["max-sessions"]));
  return {
    listen,
    server,
    allowHosts,
    allowOrigins: list(flags["allow-origin"]).map(allowedOrigin),
    clientAuth,
    credentials,
    authorization,
    idleMs: Math.min(2 ** 31 - 1, Math.max(1000, idle * 60_000)),
    maxSessions: Math.max(1, Math.floor(most ?? ("command" in server ? MAX_PROCESSES : MAX_SESSIONS))),
  };
}
