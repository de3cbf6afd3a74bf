/** Makes text from elsewhere safe to look at: nothing in it stays invisible. Pure; the text itself is never changed. */

export { isSecretKey, type Mask, type Masked, maskSecrets } from "./visible-mask";

export interface Segment {
  /** exactly as it stands in the text */
  readonly text: string;
  /** present for characters that do not show themselves: what to show instead, e.g. "U+200B ZERO WIDTH SPACE" */
  readonly hidden?: string;
}
export interface Revealed {
  /** joined, their texts are the text */
  readonly segments: Segment[];
  /** characters (code points) that do not show themselves */
  readonly hiddenCount: number;
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, "NULL"],
  [0x08, "BACKSPACE"],
  [0x09, "TAB"],
  [0x0a, "LINE FEED"],
  [0x0b, "VERTICAL TAB"],
  [0x0c, "FORM FEED"],
  [0x0d, "CARRIAGE RETURN"],
  [0x1b, "ESCAPE"],
  [0x7f, "DELETE"],
  [0x85, "NEXT LINE"],
  [0xa0, "NO-BREAK SPACE"],
  [0xad, "SOFT HYPHEN"],
  [0x034f, "COMBINING GRAPHEME JOINER"],
  [0x061c, "ARABIC LETTER MARK"],
  [0x115f, "HANGUL FILLER"],
  [0x1160, "HANGUL FILLER"],
  [0x180e, "MONGOLIAN VOWEL SEPARATOR"],
  [0x200b, "ZERO WIDTH SPACE"],
  [0x200c, "ZERO WIDTH NON-JOINER"],
  [0x200d, "ZERO WIDTH JOINER"],
  [0x200e, "LEFT-TO-RIGHT MARK"],
  [0x200f, "RIGHT-TO-LEFT MARK"],
  [0x2028, "LINE SEPARATOR"],
  [0x2029, "PARAGRAPH SEPARATOR"],
  [0x202a, "LEFT-TO-RIGHT EMBEDDING"],
  [0x202b, "RIGHT-TO-LEFT EMBEDDING"],
  [0x202c, "POP DIRECTION"],
  [0x202d, "LEFT-TO-RIGHT OVERRIDE"],
  [0x202e, "RIGHT-TO-LEFT OVERRIDE"],
  [0x202f, "NARROW NO-BREAK SPACE"],
  [0x2060, "WORD JOINER"],
  [0x2066, "LEFT-TO-RIGHT ISOLATE"],
  [0x2067, "RIGHT-TO-LEFT ISOLATE"],
  [0x2068, "FIRST STRONG ISOLATE"],
  [0x2069, "POP DIRECTION ISOLATE"],
  [0x2800, "BRAILLE BLANK"],
  [0x3000, "IDEOGRAPHIC SPACE"],
  [0x3164, "HANGUL FILLER"],
  [0xfeff, "BYTE ORDER MARK"],
  [0xffa0, "HANGUL FILLER"],
]);

/** Shows nothing, or something other than what it is. */
const HIDDEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

function label(ch: string, code: number): string {
  const point = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (code >= 0xe0020 && code <= 0xe007e) return `${point} TAG ${String.fromCharCode(code - 0xe0000)}`;
  const name = NAMES.get(code);
  if (name !== undefined) return `${point} ${name}`;
  if ((code >= 0xfe00 && code <= 0xfe0f) || (code >= 0xe0100 && code <= 0xe01ef))
    return `${point} VARIATION SELECTOR`;
  if (/\p{Cc}/u.test(ch)) return `${point} CONTROL`;
  if (/\p{Zs}/u.test(ch)) return `${point} SPACE`;
  if (/\p{Cs}/u.test(ch)) return `${point} HALF A CHARACTER`;
  if (/\p{Co}/u.test(ch)) return `${point} PRIVATE USE`;
  if (/\p{Cn}/u.test(ch)) return `${point} UNASSIGNED`;
  return `${point} INVISIBLE`;
}

const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}/u;

/**
 * Takes a text apart into what shows itself and what does not: controls, bidirectional marks, zero-width and other
 * invisible characters, the TAG block, spaces other than the ordinary one, line separators. Line feeds are marked too
 * unless `lineFeeds` is "keep". A joiner or selector inside an emoji is part of it.
 */
export function revealText(text: string, options: { lineFeeds?: "mark" | "keep" } = {}): Revealed {
  const segments: Segment[] = [];
  let hiddenCount = 0;
  let from = 0;
  let at = 0;
  let previous = "";
  while (at < text.length) {
    const code = text.codePointAt(at) ?? 0;
    const size = code > 0xffff ? 2 : 1;
    if ((code > 0x20 && code < 0x7f) || code === 0x20 || (code === 0x0a && options.lineFeeds === "keep")) {
      at += size;
      previous = "";
      continue;
    }
    const ch = text.slice(at, at + size);
    const next = text.codePointAt(at + size);
    const follows = EMOJI.test(previous);
    const joins = code === 0x200d && next !== undefined && EMOJI.test(String.fromCodePoint(next));
    const inEmoji = code === 0xfe0f ? follows : joins && (follows || previous === "\ufe0f");
    if (!inEmoji && HIDDEN.test(ch)) {
      if (from < at) segments.push({ text: text.slice(from, at) });
      segments.push({ text: ch, hidden: label(ch, code) });
      hiddenCount++;
      from = at + size;
    }
    previous = ch;
    at += size;
  }
  if (from < text.length) segments.push({ text: text.slice(from) });
  return { segments, hiddenCount };
}
