import type { JsonNode, JsonObject } from "./json-node";
import { scanJson } from "./json-scanner";

export interface Mask {
  /** place of what is masked in the text that was given */
  readonly start: number;
  readonly end: number;
  /** place of what stands for it in the masked text */
  readonly shownStart: number;
  readonly shownEnd: number;
  /** what it looks like, in our own words */
  readonly label: string;
}
export interface Masked {
  /** a copy with each secret-looking value replaced; still JSON where the text was JSON */
  readonly text: string;
  readonly masks: Mask[];
}

interface Range {
  start: number;
  end: number;
  characters: number;
  label: string;
  /** the whole of a value that is not a string: what stands for it needs quotes of its own */
  bare?: boolean;
}

const SECRET_WORD =
  /^(?:password|passwords|passwd|pwd|pass|passphrase|secret|secrets|credential|credentials|authorization|cookie|cookies|bearer|token|apikey|otp|cvv|cvc|ssn|auth)$/;
const SECRET_END =
  /(?:password|passwd|passphrase|apikey|secret|authtoken|accesstoken|refreshtoken|idtoken|secretkey|privatekey|accesskey)$/;
const KEY_OWNER =
  /^(?:api|access|private|secret|signing|encryption|ssh|account|master|auth|session|client|service)$/;
const HARMLESS_TOKEN =
  /^(?:page|next|prev|previous|continuation|progress|sync|resume|cursor|start|stop|max|min)$/;
const ABOUT_TOKEN = /^(?:count|counts|limit|type|name|usage|length|budget)$/;

/** Whether a key says that its value is a secret. */
export function isSecretKey(key: string): boolean {
  const words = key
    .slice(0, 200)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  return words.some((word, i) => {
    const before = words[i - 1] ?? "";
    if (word === "token") return !HARMLESS_TOKEN.test(before) && !ABOUT_TOKEN.test(words[i + 1] ?? "");
    if (word === "key" || word === "keys") return KEY_OWNER.test(before);
    return SECRET_WORD.test(word) || SECRET_END.test(word);
  });
}

// Each begins where no word goes on, or is bounded, so that a run of text is gone through once. A group, where there
// is one, ends the match and is what is masked.
const PATTERNS: readonly { label: string; pattern: RegExp }[] = [
  {
    label: "private key",
    pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
  },
  { label: "AWS access key", pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  { label: "GitHub token", pattern: /(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})/g },
  { label: "GitLab token", pattern: /(?<![\w-])glpat-[\w-]{16,}/g },
  { label: "API key", pattern: /(?<![\w-])sk-[\w-]{16,}/g },
  { label: "Stripe key", pattern: /(?<![A-Za-z0-9_])[sr]k_(?:live|test)_[A-Za-z0-9]{10,}/g },
  { label: "Slack token", pattern: /(?<![\w-])(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}/g },
  { label: "Google API key", pattern: /(?<![\w-])AIza[\w-]{35}/g },
  { label: "npm token", pattern: /(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}/g },
  { label: "signed token (JWT)", pattern: /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g },
  { label: "authorization", pattern: /(?<![\w-])(?:bearer|basic)\s{1,4}([\w.~+/=-]{8,})/gi },
  { label: "password in an address", pattern: /:\/\/[^\s:@/]{0,200}:([^\s@/]{1,400})(?=@)/g },
  {
    label: "value named as a secret",
    pattern:
      /(?:password|passwd|passphrase|pwd|secret|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token)["']{0,2}\s{0,3}[=:]\s{0,3}["']{0,2}([^\s"'&;,]{3,400})/gi,
  },
  {
    label: "value named as a secret",
    pattern: /--(?:password|passwd|token|secret|api-key|access-token)\s{1,4}["']{0,2}([^\s"']{3,400})/gi,
  },
];

/** Offsets in the source of each unit of a decoded string, the end included. */
function sourceOffsets(source: string, start: number): number[] {
  const offsets: number[] = [];
  let i = 0;
  while (i < source.length) {
    offsets.push(start + i);
    if (source.charCodeAt(i) !== 0x5c) i += 1;
    else i += source.charCodeAt(i + 1) === 0x75 ? 6 : 2;
  }
  offsets.push(start + source.length);
  return offsets;
}

/** Known shapes of secrets in one decoded string, whose source begins at `start`. */
function findShapes(decoded: string, source: string, start: number, ranges: Range[]): void {
  if (decoded.length < 4) return;
  const offsets = decoded.length === source.length ? null : sourceOffsets(source, start);
  for (const { label, pattern } of PATTERNS)
    for (const match of decoded.matchAll(pattern)) {
      const to = match.index + match[0].length;
      const from = to - (match[1] ?? match[0]).length;
      const range = { start: offsets?.[from] ?? start + from, end: offsets?.[to] ?? start + to };
      ranges.push({ ...range, characters: to - from, label });
    }
}

function collect(text: string, node: JsonNode, secret: boolean, ranges: Range[]): void {
  switch (node.type) {
    case "object":
      for (const member of node.members) {
        findShapes(
          member.key,
          text.slice(member.keyStart + 1, member.keyEnd - 1),
          member.keyStart + 1,
          ranges,
        );
        collect(
          text,
          member.value,
          secret || isSecretKey(member.key) || isNamedValue(node, member.key),
          ranges,
        );
      }
      return;
    case "array":
      for (const item of node.items) collect(text, item, secret, ranges);
      return;
    case "string":
      if (!secret) findShapes(node.value, text.slice(node.start + 1, node.end - 1), node.start + 1, ranges);
      else if (node.value !== "")
        ranges.push({
          start: node.start + 1,
          end: node.end - 1,
          characters: node.value.length,
          label: "value named as a secret",
        });
      return;
    case "number":
      if (secret)
        ranges.push({
          start: node.start,
          end: node.end,
          characters: node.source.length,
          label: "value named as a secret",
          bare: true,
        });
  }
}

/** `{"name": "Authorization", "value": …}`: the value of a pair whose name says so. */
function isNamedValue(object: JsonObject, key: string): boolean {
  if (!/^(?:value|values|content|data)$/i.test(key)) return false;
  return ["name", "key", "header", "variable", "field"].some((each) => {
    const name = object.get(each);
    return name?.type === "string" && isSecretKey(name.value);
  });
}

function merged(ranges: Range[]): Range[] {
  ranges.sort((a, b) => a.start - b.start || b.end - a.end);
  const out: Range[] = [];
  for (const range of ranges) {
    const last = out.at(-1);
    if (last === undefined || range.start >= last.end) out.push(range);
    else if (range.end > last.end) {
      last.characters += range.end - last.end;
      last.end = range.end;
    }
  }
  return out;
}

/**
 * Finds secret-looking values in a JSON text, by their keys and by known shapes, and gives a copy that shows
 * "••• masked (N characters)" in their stead. The text itself is never changed; one that is not JSON is searched as a whole.
 */
export function maskSecrets(jsonText: string): Masked {
  const ranges: Range[] = [];
  try {
    const root = scanJson(jsonText, {
      lineBreaks: "ignore",
      caseVariants: "allow",
      maxDepth: 200,
      maxLength: jsonText.length,
    });
    collect(jsonText, root, false, ranges);
  } catch {
    ranges.length = 0;
    findShapes(jsonText, jsonText, 0, ranges);
  }
  let text = "";
  let from = 0;
  const masks: Mask[] = [];
  for (const { start, end, characters, label, bare } of merged(ranges)) {
    const words = `••• masked (${characters} characters)`;
    const shown = bare ? `"${words}"` : words;
    text += jsonText.slice(from, start);
    masks.push({ start, end, shownStart: text.length, shownEnd: text.length + shown.length, label });
    text += shown;
    from = end;
  }
  return { text: text + jsonText.slice(from), masks };
}
