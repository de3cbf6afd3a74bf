const SWEEP_MS = 10_000;
/** A session used so lately is not ended to make room. */
const SPARED_MS = 10_000;

/** A session that a caller opened. */
export interface Owned {
  readonly callerKey: string;
  /** something is under way: it is not idle */
  readonly busy: boolean;
  close(): void;
}

/** Sessions by id, each bound to the caller that opened it. Idle ones end. */
export class HttpSessions<T extends Owned> {
  private readonly known = new Map<string, { owned: T; usedAt: number }>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly idleMs: number,
    private readonly now: () => number,
  ) {
    this.timer = setInterval(() => this.sweep(), Math.min(SWEEP_MS, Math.max(100, idleMs / 4))).unref();
  }

  /** The caller's own session, or null: another's does not exist. */
  find(id: string, callerKey: string): T | null {
    const entry = this.known.get(id);
    if (entry?.owned.callerKey !== callerKey) return null;
    entry.usedAt = this.now();
    return entry.owned;
  }

  /** False when the id is taken. */
  add(id: string, owned: T): boolean {
    if (this.known.has(id)) return false;
    this.known.set(id, { owned, usedAt: this.now() });
    return true;
  }

  /** Takes one out that fits. */
  take(fits: (owned: T) => boolean): T | null {
    for (const [id, { owned }] of this.known) {
      if (!fits(owned)) continue;
      this.known.delete(id);
      return owned;
    }
    return null;
  }

  get size(): number {
    return this.known.size;
  }

  /** Ends the one that was idle longest. False when none was idle for a while. */
  makeRoom(): boolean {
    const idle = [...this.known].filter(([, { owned }]) => !owned.busy);
    const [oldest] = idle.sort(([, a], [, b]) => a.usedAt - b.usedAt);
    if (!oldest || this.now() - oldest[1].usedAt < SPARED_MS) return false;
    this.end(oldest[0]);
    return true;
  }

  end(id: string): void {
    const entry = this.known.get(id);
    this.known.delete(id);
    entry?.owned.close();
  }

  private sweep(): void {
    for (const [id, entry] of [...this.known])
      if (entry.owned.busy) entry.usedAt = this.now();
      else if (this.now() - entry.usedAt > this.idleMs) this.end(id);
  }

  /** All of them, which are no longer kept. */
  drain(): T[] {
    clearInterval(this.timer);
    const all = [...this.known.values()].map(({ owned }) => owned);
    this.known.clear();
    return all;
  }
}
