const CR = 0x0d;
const LF = 0x0a;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const DATA = Buffer.from("data");
const COLON = 0x3a;
const SPACE = 0x20;

/** One event as it came, with the empty line that ends it. Put together, `bytes` of all are the stream. */
export interface RawEvent {
  readonly bytes: Buffer;
  /** null when it carries none: a comment, or fields alone */
  readonly data: Buffer | null;
  /** it names a place from which the stream can be taken up again */
  readonly hasId: boolean;
}

/**
 * Cuts a `text/event-stream` into events without changing a byte, by the rules that clients read it: lines end in CR,
 * LF or CRLF, and a first byte order mark is none of the text. Throws when one event outgrows the limit.
 */
export class EventSplitter {
  private rest: Buffer = Buffer.alloc(0);
  /** where in `rest` the unread lines begin */
  private at = 0;
  private lines: Buffer[] = [];
  private hasId = false;
  private first = true;
  private afterCr = false;

  constructor(
    private readonly onEvent: (event: RawEvent) => void,
    private readonly maxBytes: number,
  ) {}

  push(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (;;) {
      if (this.afterCr && this.at < this.rest.length) {
        this.afterCr = false;
        if (this.rest[this.at] === LF) this.at++;
      }
      const end = this.lineEnd();
      if (end < 0) break;
      this.afterCr = this.rest[end] === CR;
      const line = this.rest.subarray(this.at, end);
      this.at = end + 1;
      if (this.afterCr && this.rest[this.at] === LF) {
        this.afterCr = false;
        this.at++;
      }
      this.line(line);
    }
    if (this.rest.length > this.maxBytes) throw new Error("an event is too large");
  }

  /** The stream ended. What was never finished is given too: some clients read it. */
  end(): void {
    if (this.at < this.rest.length) {
      const line = this.rest.subarray(this.at);
      this.at = this.rest.length;
      this.field(line);
    }
    if (this.rest.length > 0) this.emit();
  }

  private lineEnd(): number {
    const lf = this.rest.indexOf(LF, this.at);
    const cr = this.rest.subarray(this.at, lf < 0 ? undefined : lf).indexOf(CR);
    return cr < 0 ? lf : this.at + cr;
  }

  private line(line: Buffer): void {
    if (line.length === 0) this.emit();
    else {
      this.field(line);
      // a comment between events may be all that comes for a long time
      if (line[0] === COLON && this.lines.length === 0 && !this.hasId) this.emit();
    }
  }

  private field(given: Buffer): void {
    const line = this.first && given.subarray(0, 3).equals(BOM) ? given.subarray(3) : given;
    this.first = false;
    const colon = line.indexOf(COLON);
    const name = colon < 0 ? line : line.subarray(0, colon);
    if (name.equals(DATA)) {
      const from = colon < 0 ? line.length : colon + (line[colon + 1] === SPACE ? 2 : 1);
      this.lines.push(line.subarray(from));
    } else if (name.toString("latin1") === "id") this.hasId = true;
  }

  private emit(): void {
    const bytes = this.rest.subarray(0, this.at);
    this.rest = this.rest.subarray(this.at);
    this.at = 0;
    const { lines, hasId } = this;
    this.lines = [];
    this.hasId = false;
    const data =
      lines.length === 0
        ? null
        : lines.length === 1
          ? (lines[0] as Buffer)
          : Buffer.concat(lines.flatMap((line, i) => (i === 0 ? [line] : [Buffer.from([LF]), line])));
    this.onEvent({ bytes, data, hasId });
  }
}

const HEAD = Buffer.from("event: message\ndata: ");
const NEXT = Buffer.from("\ndata: ");
const TAIL = Buffer.from("\n\n");

/** One JSON-RPC message as an event of its own. Line breaks between its tokens become lines of data. */
export function messageEvent(message: Buffer): Buffer {
  let end = message.length;
  while (end > 0 && (message[end - 1] === LF || message[end - 1] === CR)) end--;
  const text = message.subarray(0, end);
  if (!text.includes(LF) && !text.includes(CR)) return Buffer.concat([HEAD, text, TAIL]);
  const parts: Buffer[] = [HEAD];
  let from = 0;
  for (let i = 0; i < end; i++) {
    if (text[i] !== LF && text[i] !== CR) continue;
    parts.push(text.subarray(from, i), NEXT);
    if (text[i] === CR && text[i + 1] === LF) i++;
    from = i + 1;
  }
  parts.push(text.subarray(from), TAIL);
  return Buffer.concat(parts);
}
