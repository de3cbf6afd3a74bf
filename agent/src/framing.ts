export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** One line as it came: `bytes` with its terminator, `text` without, or null when it is not UTF-8 or too long. */
export interface Frame {
  readonly bytes: Buffer;
  readonly text: string | null;
  readonly problem?: "encoding" | "too_long";
}

const NL = 0x0a;
const CR = 0x0d;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a frame's bytes without the line terminator; null when they are not UTF-8. */
export function frameText(bytes: Buffer): string | null {
  let end = bytes.length;
  if (end > 0 && bytes[end - 1] === NL) {
    end--;
    if (end > 0 && bytes[end - 1] === CR) end--;
  }
  try {
    return utf8.decode(bytes.subarray(0, end));
  } catch {
    return null;
  }
}

/**
 * Splits bytes into lines at "\n". What is over the limit is given once, cut and marked, and the rest of that line is
 * dropped; `end()` gives a last line that was never ended.
 */
export class LineSplitter {
  private parts: Buffer[] = [];
  private size = 0;
  private skipping = false;

  constructor(
    private readonly onFrame: (frame: Frame) => void,
    private readonly maxBytes = MAX_LINE_BYTES,
  ) {}

  push(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(NL, from);
      if (at < 0) break;
      this.take(chunk.subarray(from, at + 1), true);
      from = at + 1;
    }
    if (from < chunk.length) this.take(chunk.subarray(from), false);
  }

  /** True when bytes of an unfinished line are kept. */
  get pending(): boolean {
    return this.size > 0;
  }

  end(): void {
    if (this.size > 0) this.emit();
  }

  private take(piece: Buffer, complete: boolean): void {
    if (this.skipping) {
      if (complete) this.skipping = false;
      return;
    }
    if (this.size + piece.length > this.maxBytes) {
      this.parts = [];
      this.size = 0;
      this.skipping = !complete;
      this.onFrame({ bytes: Buffer.alloc(0), text: null, problem: "too_long" });
      return;
    }
    this.parts.push(piece);
    this.size += piece.length;
    if (complete) this.emit();
  }

  private emit(): void {
    const bytes = this.parts.length === 1 ? (this.parts[0] as Buffer) : Buffer.concat(this.parts);
    this.parts = [];
    this.size = 0;
    const text = frameText(bytes);
    this.onFrame(text === null ? { bytes, text, problem: "encoding" } : { bytes, text });
  }
}
