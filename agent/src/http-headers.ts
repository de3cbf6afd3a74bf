import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { JsonObject, ScannedMessage } from "../contract/scan";

/** Said once or not at all: of two, each reader might believe another. */
const SINGLE = [
  "host",
  "origin",
  "authorization",
  "content-type",
  "content-encoding",
  "mcp-session-id",
  "mcp-protocol-version",
  "mcp-method",
  "mcp-name",
  "last-event-id",
] as const;

/** The name of a header that is there twice, or that we would read and not pass on (`Connection` lists it); or null. */
export function repeatedHeader(request: Pick<IncomingMessage, "headersDistinct">): string | null {
  const given = request.headersDistinct;
  const listed = (given.connection ?? []).join(",").toLowerCase().split(",");
  const dropped = new Set(listed.map((name) => name.trim()));
  return SINGLE.find((name) => (given[name]?.length ?? 0) > 1 || dropped.has(name)) ?? null;
}

export const headerOf = (headers: IncomingHttpHeaders, name: string): string | null => {
  const value = headers[name];
  return typeof value === "string" ? value : null;
};

/** A header's text; `=?base64?…?=` holds what is not plain ASCII. Null when it is not well-formed. */
export function decodeHeader(value: string): string | null {
  const encoded = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/.exec(value)?.[1];
  if (encoded === undefined) return /^[\x20-\x7e]*$/.test(value) ? value : null;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

const stringOf = (object: JsonObject | undefined, key: string): string | null => {
  const node = object?.get(key);
  return node?.type === "string" ? node.value : null;
};

/** What `Mcp-Name` repeats of the body. */
function nameOf(method: string, params: JsonObject | undefined): string | null {
  if (method.startsWith("resources/")) return stringOf(params, "uri");
  if (method.startsWith("tasks/")) return stringOf(params, "taskId");
  return stringOf(params, "name") ?? stringOf(params, "uri") ?? stringOf(params, "taskId");
}

/** The header that says something else than the body, or null. Headers that are not there disagree with nothing. */
export function headerMismatch(headers: IncomingHttpHeaders, message: ScannedMessage): string | null {
  const method = message.kind === "response" ? null : message.method;
  const params = message.kind === "response" ? undefined : message.params;
  const said = (name: string) => headerOf(headers, name);
  const saidMethod = said("mcp-method");
  if (saidMethod !== null && decodeHeader(saidMethod) !== method) return "mcp-method";
  const saidName = said("mcp-name");
  if (saidName !== null && (method === null || decodeHeader(saidName) !== nameOf(method, params)))
    return "mcp-name";
  const meta = params?.get("_meta");
  const version = stringOf(
    meta?.type === "object" ? meta : undefined,
    "io.modelcontextprotocol/protocolVersion",
  );
  const saidVersion = said("mcp-protocol-version");
  if (saidVersion !== null && version !== null && saidVersion !== version) return "mcp-protocol-version";
  return null;
}

/** Whether a Content-Type says JSON in UTF-8. */
export const isJson = (type: string | null): boolean =>
  /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i.test(type ?? "");

export const isEventStream = (type: string | null): boolean =>
  /^text\/event-stream\s*(;|$)/i.test(type ?? "");

const range = (accept: string, type: RegExp): boolean =>
  accept.split(",").some((item) => type.test(item.trim()) && !/;\s*q=0(\.0*)?\s*(;|$)/i.test(item));

/** What a client takes: no Accept at all promises no more than JSON. */
export function accepts(accept: string | undefined): { json: boolean; events: boolean } {
  const given = accept?.trim() || "application/json";
  return {
    json: range(given, /^(application\/(json|\*)|\*\/\*)\s*(;|$)/i),
    events: range(given, /^(text\/(event-stream|\*)|\*\/\*)\s*(;|$)/i),
  };
}

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Ours to say: the body's length and coding, the name of the server, and who the client is. */
const NOT_FORWARDED = new Set([
  "host",
  "content-length",
  "accept-encoding",
  "expect",
  "origin",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
]);
const NOT_RETURNED = /^(?:set-cookie$|access-control-|content-type$|content-length$|date$)/;

function endToEnd(raw: readonly string[], drop: (name: string) => boolean): OutgoingHttpHeaders {
  const kept: Record<string, string | string[]> = Object.create(null);
  const listed = new Set<string>();
  for (let i = 0; i < raw.length; i += 2)
    if (raw[i]?.toLowerCase() === "connection")
      for (const name of raw[i + 1]?.split(",") ?? []) listed.add(name.trim().toLowerCase());
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? "";
    const value = raw[i + 1] ?? "";
    if (HOP_BY_HOP.has(name) || listed.has(name) || drop(name)) continue;
    const before = kept[name];
    kept[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return kept;
}

/**
 * A client's headers for the server behind. Credentials go along only where that server is the one that they are for.
 * @param authorization the agent's own, for a server whose resource it does not front
 */
export function forwardHeaders(
  raw: readonly string[],
  fronts: "same_resource" | "other",
  authorization: string | null,
): OutgoingHttpHeaders {
  const secret = (name: string) => fronts === "other" && (name === "authorization" || name === "cookie");
  const kept = endToEnd(raw, (name) => NOT_FORWARDED.has(name) || secret(name));
  return {
    ...kept,
    ...(fronts === "other" && authorization !== null && { authorization }),
    "accept-encoding": "identity",
  };
}

/** The server's headers for the client. */
export function returnHeaders(
  raw: readonly string[],
  fronts: "same_resource" | "other",
): OutgoingHttpHeaders {
  return endToEnd(
    raw,
    (name) => NOT_RETURNED.test(name) || (fronts === "other" && name === "www-authenticate"),
  );
}
