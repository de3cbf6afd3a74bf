import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

export const SEGMENT_BYTES = 1024 * 1024;

const QUEUE_LINES = 5000;
/** A segment of this size goes when the console has it all, instead of growing on. */
const WORTH_DELETING = 32 * 1024;

export interface SpoolLine {
  readonly seq: number;
  /** the whole line, `{"seq":…,"event":{…}}`, without its end */
  readonly text: string;
}

interface Segment {
  readonly n: number;
  readonly path: string;
  first: number;
  last: number;
  bytes: number;
}

const HEAD = /^\{"seq":(\d{1,15}),"event":\{"type":"([a-z.]+)"/;
const CALL = /"call":"([a-z]{2,5}_[0-9a-z]{8,40})"/;
const REQUEST = /"request":"([a-z]{2,5}_[0-9a-z]{8,40})"/;

/** Lines of one segment that are whole: a crash or a full disk can tear only the last. */
function wholeLines(text: string): SpoolLine[] {
  const lines: SpoolLine[] = [];
  for (const line of text.split("\n")) {
    const head = HEAD.exec(line);
    if (!head) continue;
    try {
      JSON.parse(line);
    } catch {
      continue;
    }
    lines.push({ seq: Number(head[1]), text: line });
  }
  return lines;
}

/** One instance's events: numbered lines in segments of at most 1 MB, deleted once the console has them. */
export class SpoolFolder {
  private segments: Segment[] = [];
  private file: number | null = null;
  /** released calls without an outcome → the segment that says so; it stays until the outcome is known */
  private readonly open = new Map<string, { request: string; n: number }>();
  private ackedSeq = 0;
  /** whether the folder's entry of the newest segment is on the disk */
  private nameSynced = false;
  /** unsent lines in order, so that sending rarely reads the disk */
  private queue: SpoolLine[] = [];
  lastSeq = 0;
  bytes = 0;

  constructor(readonly path: string) {}

  /** Reads what an earlier process left. */
  static load(path: string): SpoolFolder {
    const folder = new SpoolFolder(path);
    const numbers = readdirSync(path)
      .map((name) => /^(\d{1,9})\.jsonl$/.exec(name)?.[1])
      .filter((n) => n !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
    for (const n of numbers) {
      const file = join(path, `${n}.jsonl`);
      const lines = wholeLines(readFileSync(file, "utf8"));
      const bytes = statSync(file).size;
      const segment = { n, path: file, first: lines[0]?.seq ?? 0, last: lines.at(-1)?.seq ?? 0, bytes };
      folder.segments.push(segment);
      folder.bytes += bytes;
      for (const line of lines) {
        folder.track(line.text, n);
        folder.lastSeq = Math.max(folder.lastSeq, line.seq);
      }
    }
    folder.ackedSeq = Math.max(0, (folder.segments.find((segment) => segment.first > 0)?.first ?? 1) - 1);
    return folder;
  }

  /** Released calls whose outcome was never written. */
  get unfinished(): { call: string; request: string }[] {
    return [...this.open].map(([call, { request }]) => ({ call, request }));
  }

  get hasUnsent(): boolean {
    return this.lastSeq > this.ackedSeq;
  }

  private track(text: string, n: number): void {
    const type = HEAD.exec(text)?.[2];
    if (type !== "call.released" && type !== "call.finished") return;
    const call = CALL.exec(text)?.[1];
    if (call === undefined) return;
    if (type === "call.finished") this.open.delete(call);
    else this.open.set(call, { request: REQUEST.exec(text)?.[1] ?? "", n });
  }

  /**
   * Writes one event (JSON text) under the next number; `durable` waits for the disk. Throws when it cannot be
   * written; then it was not, and its number is free again.
   */
  append(event: string, durable = false): number {
    const seq = this.lastSeq + 1;
    const text = `{"seq":${seq},"event":${event}}`;
    const data = Buffer.from(`${text}\n`);
    const current = this.segments.at(-1);
    if (this.file === null || !current || current.bytes + data.length > SEGMENT_BYTES) this.rotate();
    const segment = this.segments.at(-1) as Segment;
    const file = this.file as number;
    try {
      let written = 0;
      while (written < data.length) written += writeSync(file, data, written);
      if (durable) this.sync(file);
    } catch (error) {
      this.giveUp(file, segment);
      throw error;
    }
    segment.first ||= seq;
    segment.last = seq;
    segment.bytes += data.length;
    this.bytes += data.length;
    if (this.queue.length < QUEUE_LINES && (this.queue.at(-1)?.seq ?? this.ackedSeq) === seq - 1)
      this.queue.push({ seq, text });
    this.lastSeq = seq;
    this.track(text, segment.n);
    return seq;
  }

  private giveUp(file: number, segment: Segment): void {
    try {
      ftruncateSync(file, segment.bytes);
    } catch {
      // the torn line stays the last of its segment: readers drop it
    }
    this.closeFile();
  }

  private rotate(): void {
    this.closeFile();
    const n = (this.segments.at(-1)?.n ?? 0) + 1;
    const path = join(this.path, `${n}.jsonl`);
    this.file = openSync(path, "ax", 0o600);
    this.nameSynced = false;
    this.segments.push({ n, path, first: 0, last: 0, bytes: 0 });
  }

  /** A file that survives a power cut under a name that does not is lost as well. */
  private sync(file: number): void {
    fdatasyncSync(file);
    if (this.nameSynced) return;
    const folder = openSync(this.path, "r");
    try {
      fdatasyncSync(folder);
    } catch {
      // some file systems cannot sync a folder
    } finally {
      closeSync(folder);
    }
    this.nameSynced = true;
  }

  private closeFile(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }

  /** The next lines that the console lacks; empty when there are none. */
  unsent(maxLines: number, maxChars: number): SpoolLine[] {
    if (this.queue.length === 0) {
      const segment = this.segments.find((candidate) => candidate.last > this.ackedSeq);
      if (!segment) return [];
      const lines = wholeLines(readFileSync(segment.path, "utf8"));
      this.queue = lines.filter((line) => line.seq > this.ackedSeq);
    }
    let size = 0;
    const end = this.queue.findIndex((line, at) => {
      size += line.text.length;
      return at > 0 && (at >= maxLines || size > maxChars);
    });
    return this.queue.slice(0, end < 0 ? undefined : end);
  }

  /** The console has everything up to `seq`: what is wholly behind it is deleted. */
  acknowledge(seq: number): void {
    if (seq < this.ackedSeq) this.queue = [];
    this.ackedSeq = seq;
    const behind = this.queue.findIndex((line) => line.seq > seq);
    this.queue = behind < 0 ? [] : behind === 0 ? this.queue : this.queue.slice(behind);
    const last = this.segments.at(-1);
    if (seq >= this.lastSeq && last && last.bytes > WORTH_DELETING) this.closeFile();
    const needed = new Set([...this.open.values()].map(({ n }) => n));
    const writing = this.file === null ? null : this.segments.at(-1);
    this.segments = this.segments.filter((segment) => {
      if (segment.last > seq || segment === writing || needed.has(segment.n)) return true;
      this.bytes -= segment.bytes;
      unlinkSync(segment.path);
      return false;
    });
  }

  /** Ends writing; a folder whose events are all with the console loses its last segment too. */
  close(): void {
    this.closeFile();
    this.acknowledge(this.ackedSeq);
  }
}
