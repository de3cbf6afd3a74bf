import { type JsonNode, JsonObject } from "./json-node";
import { canonicalNumber } from "./number";

/** Names the way a digest was made; stored beside every digest. */
export const DIGEST_ALG = "sha256/assentry-jcs-1";

/** SHA-256 of the UTF-8 form of a text, as 64 lowercase hex digits. */
export type Sha256 = (utf8: string) => string;

/** The parts of `params._meta` that a call digest leaves out: they say how a call travels, not what it does. */
export const UNCOVERED_META: ReadonlySet<string> = new Set([
  "progressToken",
  "traceparent",
  "tracestate",
  "baggage",
  "io.modelcontextprotocol/protocolVersion",
  "io.modelcontextprotocol/clientInfo",
  // Claude Code numbers each attempt: covered, its retry of an approved call would be another call (docs/decisions)
  "claudecode/toolUseId",
]);

const byUtf16 = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const objectText = (entries: (readonly [string, string])[]): string => {
  entries.sort((a, b) => byUtf16(a[0], b[0]));
  let text = "{";
  for (const [key, value] of entries) text += `${text === "{" ? "" : ","}${JSON.stringify(key)}:${value}`;
  return `${text}}`;
};

/** RFC 8785 text of what was read; numbers as `canonicalNumber` says. */
export function canonical(node: JsonNode): string {
  switch (node.type) {
    case "object":
      return objectText(node.members.map((member) => [member.key, canonical(member.value)] as const));
    case "array":
      return `[${node.items.map(canonical).join(",")}]`;
    case "string":
      return JSON.stringify(node.value);
    case "number":
      return canonicalNumber(node.source);
    default:
      return node.type;
  }
}

const MAX_VALUE_DEPTH = 64;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * RFC 8785 text of a plain value of our own: null, booleans, finite numbers, bigints, well-formed strings, arrays and
 * plain objects. Members that are undefined are left out. Throws TypeError for anything else.
 */
export function canonicalValue(value: unknown, depth = 0): string {
  if (depth > MAX_VALUE_DEPTH) throw new TypeError("nested too deeply to be hashed");
  switch (typeof value) {
    case "boolean":
      return String(value);
    case "bigint":
      return canonicalNumber(String(value));
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("a number that JSON cannot hold");
      return String(value === 0 ? 0 : value);
    case "string":
      if (LONE_SURROGATE.test(value)) throw new TypeError("half of a surrogate pair");
      return JSON.stringify(value);
    case "object": {
      if (value === null) return "null";
      if (Array.isArray(value))
        return `[${Array.from(value, (item: unknown) => canonicalValue(item, depth + 1)).join(",")}]`;
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== null && prototype !== Object.prototype) break;
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      if (entries.some(([key]) => LONE_SURROGATE.test(key))) throw new TypeError("half of a surrogate pair");
      return objectText(entries.map(([key, item]) => [key, canonicalValue(item, depth + 1)] as const));
    }
  }
  throw new TypeError("a value that JSON cannot hold");
}

function coveredMeta(meta: JsonObject): string | null {
  const covered = meta.members.filter((member) => !UNCOVERED_META.has(member.key));
  if (covered.length === 0) return null;
  return objectText(covered.map((member) => [member.key, canonical(member.value)] as const));
}

function coveredParams(params: JsonObject): string {
  const entries: (readonly [string, string])[] = [];
  for (const { key, value } of params.members) {
    const text = key === "_meta" && value instanceof JsonObject ? coveredMeta(value) : canonical(value);
    if (text !== null) entries.push([key, text]);
  }
  return objectText(entries);
}

/**
 * The text that a call digest covers: the method and the whole of `params` except the members of UNCOVERED_META in
 * `params._meta` (a _meta left empty counts as absent). Absent params, and params null, are no member. `extra` is what
 * else binds the call, for instance the server; it is no member when empty or left out.
 */
export function callDigestText(
  method: string,
  params?: JsonNode,
  extra?: Readonly<Record<string, unknown>>,
): string {
  const entries: (readonly [string, string])[] = [["method", canonicalValue(method)]];
  if (params instanceof JsonObject) entries.push(["params", coveredParams(params)]);
  else if (params !== undefined && params.type !== "null") entries.push(["params", canonical(params)]);
  const context = extra === undefined ? "{}" : canonicalValue(extra);
  if (context !== "{}") entries.push(["context", context]);
  return objectText(entries);
}

/** The text that a tool's digest covers: the whole definition, nothing left out. */
export const toolDigestText = (tool: JsonNode): string => canonical(tool);

export const digest = (text: string, sha256: Sha256): string => sha256(text);
