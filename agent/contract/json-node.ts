/** What the strict JSON reader gives. Offsets are UTF-16 indices into the text that was read. */

export type ScanCode =
  | "syntax"
  | "duplicate_key"
  | "case_variant_key"
  | "lone_surrogate"
  | "depth"
  | "line_break"
  | "too_large"
  | "batch"
  | "missing_id"
  | "null_id"
  | "invalid_envelope";

/** Why a text was refused. The message never quotes the text. */
export class ScanError extends Error {
  readonly name = "ScanError";
  constructor(
    readonly code: ScanCode,
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

export interface JsonMember {
  readonly key: string;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: JsonNode;
}

export class JsonObject {
  readonly type = "object";
  #index: Map<string, JsonNode> | undefined;
  constructor(
    readonly members: readonly JsonMember[],
    readonly start: number,
    readonly end: number,
  ) {}

  /** The value of a member by its decoded key, or undefined. */
  get(key: string): JsonNode | undefined {
    const members = this.members;
    if (members.length <= 12) {
      for (const member of members) if (member.key === key) return member.value;
      return undefined;
    }
    this.#index ??= new Map(members.map((member) => [member.key, member.value]));
    return this.#index.get(key);
  }
}

export type JsonNode =
  | JsonObject
  | {
      readonly type: "array";
      readonly items: readonly JsonNode[];
      readonly start: number;
      readonly end: number;
    }
  | { readonly type: "string"; readonly value: string; readonly start: number; readonly end: number }
  | { readonly type: "number"; readonly source: string; readonly start: number; readonly end: number }
  | { readonly type: "true" | "false" | "null"; readonly start: number; readonly end: number };

export interface ScanOptions {
  /** Deepest nesting of objects and arrays. Default 64. */
  maxDepth?: number;
  /** Longest text, in UTF-16 units. Default 10 Mi. */
  maxLength?: number;
  /**
   * "refuse" (default): no CR, LF, VT, FF, FS, GS, RS, NEL, U+2028 or U+2029 anywhere in the text.
   * "allow": the same, but CR and LF between tokens are white space (an HTTP body).
   * "ignore": any line break that JSON itself permits (what a server said, when it is not framed by lines).
   */
  lineBreaks?: "refuse" | "allow" | "ignore";
  /** Keys of one object that differ only in case. Default "refuse"; "allow" is for text that nothing is judged by. */
  caseVariants?: "refuse" | "allow";
}

export const DEFAULT_MAX_DEPTH = 64;
export const DEFAULT_MAX_LENGTH = 10 * 1024 * 1024;
export const isLineBreak = (c: number): boolean =>
  (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e) || c === 0x85 || c === 0x2028 || c === 0x2029;

// Characters whose simple folding JavaScript's mappings miss; U+0130 equals "i" to Java's readers.
const FOLD_EXTRA = new Map([
  ["\u0130", "i"],
  ["\ufb05", "\ufb06"],
  ["\u1fd3", "\u0390"],
  ["\u1fe3", "\u03b0"],
]);

const isOne = (s: string): boolean =>
  s.length === 1 || (s.length === 2 && s.codePointAt(0) !== s.charCodeAt(0));

/** Folds the case of a key one code point at a time (simple folding, so U+017F is "s" and U+212A is "k"). */
export function foldKey(key: string): string {
  let plain = true;
  for (let i = 0; i < key.length; i++) {
    const c = key.charCodeAt(i);
    if (c > 0x7f || (c >= 0x41 && c <= 0x5a)) {
      plain = false;
      break;
    }
  }
  if (plain) return key;
  let folded = "";
  for (const ch of key) {
    const upper = ch.toUpperCase();
    const base = isOne(upper) ? upper : ch;
    const lower = base.toLowerCase();
    folded += FOLD_EXTRA.get(ch) ?? (isOne(lower) ? lower : base);
  }
  return folded;
}

/** Says how a key collides with one of the members before it. */
export function refuseRepeated(members: readonly JsonMember[], key: string, offset: number): never {
  if (members.some((member) => member.key === key))
    throw new ScanError("duplicate_key", "an object holds one key twice", offset);
  throw new ScanError("case_variant_key", "an object holds two keys that differ only in case", offset);
}
