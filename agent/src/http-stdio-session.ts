import type { CallerFacts } from "../contract/v1";
import type { Agent } from "./agent";
import { Child } from "./child";
import type { Exchange } from "./exchange";
import { LineSplitter } from "./framing";
import type { Reply } from "./http-reply";
import type { Owned } from "./http-sessions";
import type { StdioPost } from "./http-stdio-post";
import { log } from "./log";
import { Session } from "./session";

/** What the server says unasked is kept until somebody listens, so many messages. */
const MAX_UNHEARD = 200;

interface Unasked {
  readonly method?: unknown;
  readonly params?: { readonly progressToken?: unknown };
}

function read(bytes: Buffer): Unasked | null {
  try {
    return JSON.parse(bytes.toString("utf8")) as Unasked | null;
  } catch {
    return null;
  }
}

/** One client's conversation with a command of its own. */
export class StdioSession implements Owned, Exchange {
  readonly session: Session;
  readonly ended: Promise<unknown>;
  private readonly child: Child;
  private readonly posts = new Set<StdioPost>();
  private listener: Reply | null = null;
  private unheard: Buffer[] = [];
  private closing = false;

  constructor(
    agent: Agent,
    readonly caller: CallerFacts,
    command: readonly string[],
  ) {
    this.child = new Child(command);
    this.session = new Session(agent, caller, this);
    const splitter = new LineSplitter((frame) => this.session.fromUpstream(frame));
    this.child.stdout.on("data", (chunk: Buffer) => {
      splitter.push(chunk);
      this.slowDown();
    });
    this.child.stdout.on("end", () => splitter.end());
    this.ended = this.child.ended.then(({ code, error }) => {
      if (error) log.error("the server could not be started", { error: error.message });
      else if (!this.closing) log.warn("the server ended by itself", { code });
      this.finish();
    });
  }

  get callerKey(): string {
    return this.caller.key;
  }

  /** The command has ended, or is about to. */
  get isOver(): boolean {
    return this.closing;
  }

  get busy(): boolean {
    return this.posts.size > 0 || this.listener !== null;
  }

  /** Reads no further while a client does not take what is there for it. */
  private slowDown(): void {
    const replies = [...this.posts].map((post) => post.reply);
    const wait = [...replies, this.listener].find((reply) => reply?.congestion)?.congestion;
    if (!wait) return;
    this.child.stdout.pause();
    wait(() => this.child.stdout.resume());
  }

  post(post: StdioPost): void {
    this.posts.add(post);
    post.start();
  }

  done(post: StdioPost): void {
    this.posts.delete(post);
  }

  /** The stream for what the server says unasked. A later one takes the place of an earlier. */
  listen(reply: Reply): void {
    if (!reply.openStream()) return;
    this.listener?.end();
    this.listener = reply;
    reply.response.on("close", () => {
      if (this.listener === reply) this.listener = null;
    });
    for (const bytes of this.unheard.splice(0)) reply.message(bytes, false);
  }

  toUpstream(bytes: Buffer): void {
    if (!this.closing) this.child.stdin.write(bytes);
  }

  /** A message that answers nothing: progress goes where it belongs, the rest where it is surely heard. */
  toClient(bytes: Buffer): void {
    const message = read(bytes);
    if (typeof message?.method !== "string") return;
    const open = [...this.posts].filter((post) => post.listens);
    const token = JSON.stringify(message.params?.progressToken);
    const own = open.find((post) => token !== undefined && post.progressToken === token);
    const post = own ?? (open.length === 1 || !this.listener ? open.at(-1) : undefined);
    if (post) post.reply.message(bytes, false);
    else if (this.listener) this.listener.message(bytes, false);
    else {
      this.unheard.push(bytes);
      if (this.unheard.length > MAX_UNHEARD) this.unheard.shift();
    }
  }

  /** The server is gone: whoever waits is told. */
  private finish(): void {
    this.closing = true;
    this.session.close();
    for (const post of [...this.posts]) post.ended();
    this.listener?.end();
  }

  close(): void {
    void this.end(false);
  }

  /** Ends the command. @param now begins with SIGTERM */
  async end(now: boolean): Promise<void> {
    if (!this.closing) {
      this.closing = true;
      this.session.clientGone();
      await this.child.end(now);
    }
    await this.ended;
  }
}
