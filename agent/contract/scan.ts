import { foldKey, type JsonNode, JsonObject, ScanError, type ScanOptions } from "./json-node";
import { scanJson } from "./json-scanner";
import { isIntegerToken } from "./number";

export {
  type JsonMember,
  type JsonNode,
  JsonObject,
  type ScanCode,
  ScanError,
  type ScanOptions,
} from "./json-node";
export { scanJson } from "./json-scanner";

/** A request's name as both ends compare it: numbers by value ("n:1" for 1 and 1.0), strings as they are ("s:1"). */
export interface MessageId {
  readonly node: JsonNode;
  readonly key: string;
}

export interface ScannedRequest {
  readonly kind: "request";
  readonly method: string;
  readonly id: MessageId;
  readonly params?: JsonObject;
  readonly root: JsonObject;
}
export interface ScannedNotification {
  readonly kind: "notification";
  readonly method: string;
  readonly params?: JsonObject;
  readonly root: JsonObject;
}
export interface ScannedResponse {
  readonly kind: "response";
  /** absent only in an error that answers an unreadable request (id null) */
  readonly id?: MessageId;
  readonly result?: JsonNode;
  readonly error?: JsonNode;
  readonly root: JsonObject;
}
/** One JSON-RPC message. Other top-level members are allowed and stay in the text. */
export type ScannedMessage = ScannedRequest | ScannedNotification | ScannedResponse;

export interface ToolCall {
  readonly name: string;
  readonly nameNode: JsonNode;
  /** absent when the call carries none */
  readonly arguments?: JsonObject;
}

/** Methods that ask for something: without an id they would run and answer nobody. */
const ASKING =
  /^(?:initialize|ping|(?:tools|resources|prompts|completion|logging|tasks|subscriptions|sampling|elicitation|roots|server)\/.*)$/s;

const invalid = (message: string, offset: number): never => {
  throw new ScanError("invalid_envelope", message, offset);
};

const spellings = (keys: string): ReadonlyMap<string, string> =>
  new Map(keys.split(" ").map((key) => [foldKey(key), key]));
const ENVELOPE_KEYS = spellings("jsonrpc id method params result error");
const PARAMS_KEYS = spellings(
  "_meta name arguments uri ref argument context cursor task taskId requestId requestState inputResponses",
);

/** Some readers ignore case: to them a lone "Method" makes a call of what others take for an answer. */
function refuseVariants(object: JsonObject, known: ReadonlyMap<string, string>): void {
  for (const { key, keyStart } of object.members) {
    const exact = known.get(foldKey(key));
    if (exact !== undefined && exact !== key)
      throw new ScanError("case_variant_key", "a key of the protocol is written in another case", keyStart);
  }
}

function readId(node: JsonNode): MessageId {
  if (node.type === "string") return { node, key: `s:${node.value}` };
  if (node.type !== "number") return invalid("the id is neither a string nor a number", node.start);
  // Compared as doubles on purpose: a peer that reads doubles must not mix up two ids in use.
  const value = Number(node.source);
  if (!Number.isInteger(value)) return invalid("the id is not a whole number", node.start);
  return { node, key: `n:${value === 0 ? 0 : value}` };
}

/** Reads one JSON-RPC message from its text. Throws ScanError. */
export function readMessage(text: string, options: ScanOptions = {}): ScannedMessage {
  const root = scanJson(text, options);
  if (root.type === "array") throw new ScanError("batch", "batches are not accepted", root.start);
  if (root.type !== "object") return invalid("a message is an object", root.start);
  refuseVariants(root, ENVELOPE_KEYS);
  const version = root.get("jsonrpc");
  if (version?.type !== "string" || version.value !== "2.0")
    return invalid('the member jsonrpc must be "2.0"', version?.start ?? root.start);
  const method = root.get("method");
  const result = root.get("result");
  const error = root.get("error");
  if (method === undefined) return readResponse(root, result, error);
  if (method.type !== "string" || method.value === "")
    return invalid("the method is not a name", method.start);
  if (result !== undefined || error !== undefined)
    return invalid("a message is either a call or an answer", root.start);
  return readCall(root, method.value);
}

function readCall(root: JsonObject, method: string): ScannedMessage {
  const given = root.get("params");
  const asking = ASKING.test(method);
  let params: JsonObject | undefined;
  if (given?.type === "object") params = given;
  else if (given !== undefined && given.type !== "null")
    return invalid("params is not an object", given.start);
  if (params !== undefined && (asking || method.startsWith("notifications/")))
    refuseVariants(params, PARAMS_KEYS);
  const id = root.get("id");
  if (id === undefined) {
    if (asking) throw new ScanError("missing_id", "a request without an id", root.start);
    return { kind: "notification", method, params, root };
  }
  if (id.type === "null") throw new ScanError("null_id", "a request whose id is null", id.start);
  return { kind: "request", method, id: readId(id), params, root };
}

function readResponse(root: JsonObject, result?: JsonNode, error?: JsonNode): ScannedResponse {
  if ((result === undefined) === (error === undefined))
    return invalid("an answer holds either a result or an error", root.start);
  if (error !== undefined && error.type !== "object")
    return invalid("the error is not an object", error.start);
  const id = root.get("id");
  if (id === undefined || id.type === "null") {
    if (error === undefined || id === undefined) return invalid("an answer without an id", root.start);
    return { kind: "response", error, root };
  }
  return { kind: "response", id: readId(id), result, error, root };
}

/** The tool and the arguments of a tools/call. Throws ScanError when they are not of that shape. */
export function readToolCall(message: ScannedRequest): ToolCall {
  const params = message.params;
  const name = params?.get("name");
  if (name?.type !== "string" || name.value === "")
    return invalid("a tool call without the tool's name", params?.start ?? message.root.start);
  const args = params?.get("arguments");
  if (args !== undefined && !(args instanceof JsonObject))
    return invalid("the arguments are not an object", args.start);
  return { name: name.value, nameNode: name, arguments: args };
}

/**
 * The value as plain JavaScript. Whole-number tokens beyond ±(2^53 − 1) become bigint; every other number becomes
 * the nearest double, so judge and hash the node, not this. A key `__proto__` becomes an ordinary own property.
 */
export function toPlain(node: JsonNode): unknown {
  switch (node.type) {
    case "object": {
      const plain: Record<string, unknown> = {};
      for (const { key, value } of node.members) {
        if (key === "__proto__")
          Object.defineProperty(plain, key, {
            value: toPlain(value),
            enumerable: true,
            configurable: true,
            writable: true,
          });
        else plain[key] = toPlain(value);
      }
      return plain;
    }
    case "array":
      return node.items.map(toPlain);
    case "string":
      return node.value;
    case "number": {
      const value = Number(node.source);
      return isIntegerToken(node.source) && !Number.isSafeInteger(value) ? BigInt(node.source) : value;
    }
    case "null":
      return null;
    default:
      return node.type === "true";
  }
}

/**
 * The node's text on one line: CR and LF between tokens are left out, nothing else changes. Offsets of the node
 * do not hold in the result.
 */
export function singleLine(text: string, node: JsonNode): string {
  const source = text.slice(node.start, node.end);
  if (!source.includes("\n") && !source.includes("\r")) return source;
  let out = "";
  let from = 0;
  let inString = false;
  for (let i = 0; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x0a || c === 0x0d) {
      out += source.slice(from, i);
      from = i + 1;
    }
  }
  return out + source.slice(from);
}
