import type { Exchange } from "./exchange";
import { idSource, type Posted } from "./http-backend";
import { JSON_PATIENCE_MS, Reply } from "./http-reply";
import type { StdioSession } from "./http-stdio-session";
import { errorAnswer, sessionEnded } from "./texts";

/** The first byte comes within this time, also when the answer does not. */
const OPEN_AFTER_MS = 500;

/** One POST of a client on its way to a command, and the answer to it. */
export class StdioPost implements Exchange {
  readonly reply: Reply;
  readonly patienceMs?: number;
  private readonly opening: NodeJS.Timeout | null;
  private isOver = false;
  private forwarded = false;

  /** @param onOver the answer is said, or nobody waits for it */
  constructor(
    private readonly owner: StdioSession,
    readonly ask: Posted,
    private readonly onOver: (how: { answered: boolean; answer: Buffer | null }) => void = () => {},
  ) {
    this.reply = new Reply(ask.response, ask.streams, { ...ask.headers });
    if (!ask.streams) this.patienceMs = JSON_PATIENCE_MS;
    const waits = ask.message.kind === "request";
    this.opening = waits ? setTimeout(() => this.reply.openStream(), OPEN_AFTER_MS) : null;
  }

  /** Whether anything but the answer can be said here. */
  get listens(): boolean {
    return this.ask.message.kind === "request" && this.reply.streams && !this.reply.ended;
  }

  /** JSON text of the client's progress token. */
  get progressToken(): string | null {
    const { frame, message } = this.ask;
    if (message.kind !== "request") return null;
    const meta = message.params?.get("_meta");
    const token = meta?.type === "object" ? meta.get("progressToken") : undefined;
    return token ? frame.text.slice(token.start, token.end) : null;
  }

  start(): void {
    const { frame, message } = this.ask;
    this.reply.onGone(() => {
      this.owner.session.left(this);
      this.over(null);
    });
    this.owner.session.take(frame, message, this);
    if (message.kind === "request") return;
    this.reply.whole(202, {}, null);
    this.over(null);
  }

  holding(): void {
    this.reply.openStream();
  }

  toClient(bytes: Buffer, last = false): void {
    this.reply.message(bytes, last);
    if (last) this.over(bytes);
  }

  toUpstream(bytes: Buffer): void {
    this.forwarded ||= bytes === this.ask.frame.bytes;
    this.owner.toUpstream(bytes);
  }

  /** The session ended before there was an answer. */
  ended(): void {
    this.toClient(Buffer.from(errorAnswer(idSource(this.ask), -32000, sessionEnded(this.forwarded))), true);
  }

  private over(answer: Buffer | null): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.opening) clearTimeout(this.opening);
    this.owner.done(this);
    this.onOver({ answered: answer !== null, answer });
  }
}
