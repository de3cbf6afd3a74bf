import { randomBytes } from "node:crypto";
import { byName, type ListingPage, listingDigest, readListing, type ToolView } from "./listing";
import { errorText, log } from "./log";

export type { ToolView } from "./listing";

const LIST_TIMEOUT_MS = 10_000;
const MAX_PAGES = 100;
/** A listing younger than this is taken for what the server would say now. */
export const FRESH_MS = 5000;
/** A server that cries "changed" all the time is asked this often at most. */
const CHANGE_PAUSE_MS = 250;

export interface ManifestPorts {
  /** sends one of our own messages to the server */
  send(message: string): void;
  /** a complete listing that differs from the last one */
  changed(tools: ReadonlyMap<string, ToolView>): void;
  /** the server's listing could not be read */
  unreadable(): void;
  now(): number;
}

/** The tools of one upstream session: from the client's own listings passing by, and from ours. */
export class Manifest {
  private tools: ReadonlyMap<string, ToolView> = new Map();
  private digest: string | null = null;
  private listedAt = Number.NEGATIVE_INFINITY;
  private stale = true;
  private asking: Promise<boolean> | null = null;
  private askable = false;
  /** members of `_meta` that a request of the 2026-07-28 era must carry, as source text; null for older eras */
  private meta: string | null = null;
  private readonly prefix = `assentry-${randomBytes(9).toString("hex")}-`;
  private count = 0;
  private readonly answers = new Map<string, (text: string | null) => void>();
  private passing: { tools: ToolView[]; cursor: string | null; askedAt: number } | null = null;
  private changedAt = Number.NEGATIVE_INFINITY;
  private relistAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly ports: ManifestPorts) {}

  /** From now on the server answers requests. @param meta see above */
  ready(meta: string | null): void {
    this.askable = true;
    this.meta = meta ?? this.meta;
  }

  /** The tool as last listed; null when unknown, or when the server said since then that its tools changed. */
  lookup(name: string): ToolView | null {
    return this.stale ? null : (this.tools.get(name) ?? null);
  }

  isFresh(): boolean {
    return !this.stale && this.ports.now() - this.listedAt < FRESH_MS;
  }

  /** Whether `lookup` may be believed for this name without asking the server again. */
  knows(name: string): boolean {
    return !this.stale && (this.tools.has(name) || this.isFresh());
  }

  /** Lists again. False when the server did not give a whole listing in time. Calls at once share one listing. */
  refresh(): Promise<boolean> {
    if (!this.askable) return Promise.resolve(false);
    this.asking ??= this.list().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  /** The server says that its tools changed. */
  listChanged(): void {
    const now = this.ports.now();
    this.stale = true;
    this.changedAt = now;
    if (this.relistAt > now) return;
    this.relistAt = Math.max(now, this.relistAt + CHANGE_PAUSE_MS);
    const again = () => void (this.asking ?? Promise.resolve()).then(() => this.stale && this.refresh());
    if (this.relistAt <= now) again();
    else setTimeout(again, this.relistAt - now).unref();
  }

  private async list(): Promise<boolean> {
    const askedAt = this.ports.now();
    const tools: ToolView[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < MAX_PAGES; page++) {
      const text = await this.ask(cursor, askedAt + LIST_TIMEOUT_MS - this.ports.now());
      const listing = text === null ? null : this.read(text);
      if (!listing) return false;
      tools.push(...listing.tools);
      cursor = listing.nextCursor;
      if (cursor !== null) continue;
      this.take(tools, askedAt);
      return true;
    }
    return false;
  }

  private ask(cursor: string | null, ms: number): Promise<string | null> {
    const id = `${this.prefix}${++this.count}`;
    const params = [
      cursor === null ? "" : `"cursor":${JSON.stringify(cursor)}`,
      this.meta === null ? "" : `"_meta":${this.meta}`,
    ].filter(Boolean);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        log.warn("the server did not list its tools in time");
        this.answers.delete(id);
        resolve(null);
      }, ms);
      this.answers.set(id, (text) => {
        clearTimeout(timer);
        this.answers.delete(id);
        resolve(text);
      });
      this.ports.send(
        `{"jsonrpc":"2.0","id":"${id}","method":"tools/list"${params.length ? `,"params":{${params}}` : ""}}`,
      );
    });
  }

  /** Takes the answer to one of our own requests. True when it was one, also a late one: no client asked for it. */
  answer(id: unknown, text: string): boolean {
    if (typeof id !== "string" || !id.startsWith(this.prefix)) return false;
    this.answers.get(id)?.(text);
    return true;
  }

  /** The answer to a client's own `tools/list` passes by. @param cursor what the client asked for @param askedAt when */
  passed(text: string, cursor: string | null, askedAt: number): void {
    const page = this.read(text);
    if (!page) return;
    if (cursor === null) this.passing = { tools: [], cursor: null, askedAt };
    const passing = this.passing;
    if (!passing || passing.cursor !== cursor) return;
    passing.tools.push(...page.tools);
    passing.cursor = page.nextCursor;
    if (page.nextCursor !== null) return;
    this.take(passing.tools, passing.askedAt);
    this.passing = null;
  }

  private read(text: string): ListingPage | null {
    try {
      return readListing(text);
    } catch (error) {
      log.error("the server's list of tools cannot be read", { error: errorText(error) });
      this.ports.unreadable();
      this.stale = true;
      return null;
    }
  }

  private take(list: readonly ToolView[], askedAt: number): void {
    this.tools = byName(list);
    this.listedAt = askedAt;
    this.stale = askedAt < this.changedAt;
    const digest = listingDigest(this.tools);
    if (digest === this.digest) return;
    this.digest = digest;
    this.ports.changed(this.tools);
  }

  /** The server is gone: nobody waits for its listing. */
  close(): void {
    for (const answer of [...this.answers.values()]) answer(null);
  }
}
