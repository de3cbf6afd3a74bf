import {
  DEFAULT_MAX_DEPTH,
  DEFAULT_MAX_LENGTH,
  foldKey,
  isLineBreak,
  type JsonMember,
  type JsonNode,
  JsonObject,
  refuseRepeated,
  ScanError,
  type ScanOptions,
} from "./json-node";

/** Python refuses longer integers; no honest number comes near. */
const MAX_NUMBER_LENGTH = 4300;
const HEX = "0123456789abcdefABCDEF";

class Scanner {
  private pos = 0;
  private depth = 0;
  private readonly maxDepth: number;
  private readonly tokenBreaks: boolean;
  private readonly stringBreaks: boolean;
  private readonly foldKeys: boolean;

  constructor(
    private readonly text: string,
    options: ScanOptions,
  ) {
    this.maxDepth = options.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.tokenBreaks = options.lineBreaks === "allow" || options.lineBreaks === "ignore";
    this.stringBreaks = options.lineBreaks === "ignore";
    this.foldKeys = options.caseVariants !== "allow";
  }

  document(): JsonNode {
    this.space();
    const node = this.value();
    this.space();
    if (this.pos < this.text.length) this.unexpected("text after the end of the message");
    return node;
  }

  private unexpected(what: string, at = this.pos): never {
    const c = at < this.text.length ? this.text.charCodeAt(at) : -1;
    if (isLineBreak(c)) throw new ScanError("line_break", "line break inside a message", at);
    throw new ScanError("syntax", c === -1 ? "unexpected end of text" : what, at);
  }

  private space(): void {
    const text = this.text;
    let pos = this.pos;
    for (;;) {
      const c = text.charCodeAt(pos);
      if (c === 0x20 || c === 0x09 || (this.tokenBreaks && (c === 0x0a || c === 0x0d))) pos++;
      else break;
    }
    this.pos = pos;
  }

  private value(): JsonNode {
    const c = this.text.charCodeAt(this.pos);
    if (c === 0x22) {
      const start = this.pos;
      const value = this.string();
      return { type: "string", value, start, end: this.pos };
    }
    if (c === 0x7b) return this.object();
    if (c === 0x5b) return this.array();
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) return this.number();
    if (c === 0x74) return this.literal("true");
    if (c === 0x66) return this.literal("false");
    if (c === 0x6e) return this.literal("null");
    return this.unexpected("unexpected character");
  }

  private literal(type: "true" | "false" | "null"): JsonNode {
    const start = this.pos;
    if (!this.text.startsWith(type, start)) this.unexpected("unknown word");
    this.pos = start + type.length;
    return { type, start, end: this.pos };
  }

  private enter(): void {
    if (++this.depth > this.maxDepth)
      throw new ScanError("depth", `nested deeper than ${this.maxDepth} levels`, this.pos);
    this.pos++;
    this.space();
  }

  private object(): JsonNode {
    const start = this.pos;
    this.enter();
    const members: JsonMember[] = [];
    if (this.text.charCodeAt(this.pos) !== 0x7d) {
      const folded: string[] = [];
      let seen: Set<string> | undefined;
      for (;;) {
        if (this.text.charCodeAt(this.pos) !== 0x22) this.unexpected("expected a key");
        const keyStart = this.pos;
        const key = this.string();
        const keyEnd = this.pos;
        const fold = this.foldKeys ? foldKey(key) : key;
        if (seen === undefined && folded.length === 8) seen = new Set(folded);
        if (seen === undefined ? folded.includes(fold) : seen.has(fold))
          refuseRepeated(members, key, keyStart);
        if (seen === undefined) folded.push(fold);
        else seen.add(fold);
        this.space();
        if (this.text.charCodeAt(this.pos) !== 0x3a) this.unexpected("expected a colon");
        this.pos++;
        this.space();
        members.push({ key, keyStart, keyEnd, value: this.value() });
        this.space();
        const c = this.text.charCodeAt(this.pos);
        if (c === 0x7d) break;
        if (c !== 0x2c) this.unexpected("expected a comma or the end of an object");
        this.pos++;
        this.space();
      }
    }
    this.pos++;
    this.depth--;
    return new JsonObject(members, start, this.pos);
  }

  private array(): JsonNode {
    const start = this.pos;
    this.enter();
    const items: JsonNode[] = [];
    if (this.text.charCodeAt(this.pos) !== 0x5d) {
      for (;;) {
        items.push(this.value());
        this.space();
        const c = this.text.charCodeAt(this.pos);
        if (c === 0x5d) break;
        if (c !== 0x2c) this.unexpected("expected a comma or the end of a list");
        this.pos++;
        this.space();
      }
    }
    this.pos++;
    this.depth--;
    return { type: "array", items, start, end: this.pos };
  }

  private digits(): void {
    const first = this.pos;
    let c = this.text.charCodeAt(this.pos);
    while (c >= 0x30 && c <= 0x39) c = this.text.charCodeAt(++this.pos);
    if (this.pos === first) this.unexpected("expected a digit");
  }

  private number(): JsonNode {
    const text = this.text;
    const start = this.pos;
    if (text.charCodeAt(this.pos) === 0x2d) this.pos++;
    if (text.charCodeAt(this.pos) === 0x30) this.pos++;
    else this.digits();
    if (text.charCodeAt(this.pos) === 0x2e) {
      this.pos++;
      this.digits();
    }
    const e = text.charCodeAt(this.pos);
    if (e === 0x65 || e === 0x45) {
      const sign = text.charCodeAt(++this.pos);
      if (sign === 0x2b || sign === 0x2d) this.pos++;
      this.digits();
    }
    if (this.pos - start > MAX_NUMBER_LENGTH)
      throw new ScanError("too_large", `a number is longer than ${MAX_NUMBER_LENGTH} characters`, start);
    return { type: "number", source: text.slice(start, this.pos), start, end: this.pos };
  }

  private string(): string {
    const text = this.text;
    let from = ++this.pos;
    let value = "";
    for (let pos = from; ; ) {
      const c = text.charCodeAt(pos);
      if (c === 0x22) {
        this.pos = pos + 1;
        return value === "" ? text.slice(from, pos) : value + text.slice(from, pos);
      }
      if (c === 0x5c) {
        value += text.slice(from, pos);
        this.pos = pos;
        value += this.escape();
        pos = from = this.pos;
      } else if (c >= 0x20 && c < 0x80) pos++;
      else pos = this.unusual(c, pos);
    }
  }

  /** Anything in a string that is not plain ASCII: gives the position after it or refuses it. */
  private unusual(c: number, pos: number): number {
    if (c < 0x20 || Number.isNaN(c)) this.unexpected("control character inside a string", pos);
    if (c >= 0xd800 && c <= 0xdfff) {
      const next = this.text.charCodeAt(pos + 1);
      if (c > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) this.loneSurrogate(pos);
      return pos + 2;
    }
    if (!this.stringBreaks && isLineBreak(c)) this.unexpected("line break", pos);
    return pos + 1;
  }

  private loneSurrogate(offset: number): never {
    throw new ScanError("lone_surrogate", "half of a surrogate pair", offset);
  }

  private hex(at: number): number {
    let code = 0;
    for (let i = at; i < at + 4; i++) {
      const digit = HEX.indexOf(this.text.charAt(i) || "-");
      if (digit < 0) this.unexpected("expected four hexadecimal digits", i);
      code = code * 16 + (digit > 15 ? digit - 6 : digit);
    }
    return code;
  }

  private escape(): string {
    const at = this.pos;
    const c = this.text.charCodeAt(at + 1);
    if (c === 0x75) {
      const high = this.hex(at + 2);
      this.pos = at + 6;
      if (high < 0xd800 || high > 0xdfff) return String.fromCharCode(high);
      if (high > 0xdbff || !this.text.startsWith("\\u", at + 6)) this.loneSurrogate(at);
      const low = this.hex(at + 8);
      if (low < 0xdc00 || low > 0xdfff) this.loneSurrogate(at);
      this.pos = at + 12;
      return String.fromCharCode(high, low);
    }
    const plain = '"\\/bfnrt'.indexOf(String.fromCharCode(c));
    if (plain < 0) this.unexpected("unknown escape", at + 1);
    this.pos = at + 2;
    return '"\\/\b\f\n\r\t'.charAt(plain);
  }
}

/** Reads one JSON text. Throws ScanError. */
export function scanJson(text: string, options: ScanOptions = {}): JsonNode {
  const maxLength = options.maxLength ?? DEFAULT_MAX_LENGTH;
  if (text.length > maxLength)
    throw new ScanError("too_large", `longer than ${maxLength} characters`, maxLength);
  return new Scanner(text, options).document();
}
