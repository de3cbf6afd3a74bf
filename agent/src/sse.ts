export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads `text/event-stream` in pieces. Throws when one event outgrows the limit. */
export class SseParser {
  private readonly decoder = new TextDecoder("utf-8", { fatal: true });
  private rest = "";
  private event = "";
  private data: string[] = [];
  private size = 0;

  constructor(private readonly maxEventChars = 8_000_000) {}

  push(chunk: Uint8Array): ServerEvent[] {
    const events: ServerEvent[] = [];
    this.rest += this.decoder.decode(chunk, { stream: true });
    for (;;) {
      const at = this.rest.indexOf("\n");
      if (at < 0) break;
      const line = this.rest.slice(0, at).replace(/\r$/, "");
      this.rest = this.rest.slice(at + 1);
      const done = this.line(line);
      if (done) events.push(done);
    }
    if (this.rest.length + this.size > this.maxEventChars) throw new Error("an event is too large");
    return events;
  }

  private line(line: string): ServerEvent | null {
    if (line === "") {
      const done =
        this.data.length > 0 ? { event: this.event || "message", data: this.data.join("\n") } : null;
      this.event = "";
      this.data = [];
      this.size = 0;
      return done;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    else if (field === "data") {
      this.data.push(value);
      this.size += value.length;
    }
    return null;
  }
}
