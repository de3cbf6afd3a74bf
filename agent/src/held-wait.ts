import type { HoldOutput, RequestHint } from "../contract/v1";
import type { RequestState } from "../contract/vocabulary";
import type { Call, GoneReason } from "./call";

/** How a wait for a decision ended, or went on. Only "approved" may be followed by another. */
export type Wait =
  | { readonly kind: "approved" }
  | { readonly kind: "decided"; readonly state: RequestState; readonly reason: string | null }
  | { readonly kind: "patience"; readonly state: RequestState }
  | { readonly kind: "gone"; readonly reason: GoneReason };

/** The console's own word that a request expired gets this much time to arrive before ours. */
const EXPIRY_GRACE_MS = 5000;
/** The reply to a hold carries no reason; the hint that follows does. */
const REASON_GRACE_MS = 1000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One held call's wait: hints of the console, the client's patience and its going, the request's end. */
export class HeldWait {
  private ending: Wait | null = null;
  private approved = false;
  private wake: (() => void) | null = null;
  private state: RequestState = "pending";
  /** what the console says of a request that still waits, for instance that no notice could be delivered */
  note: string | null;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly forget: () => void;

  constructor(
    call: Call,
    private readonly held: HoldOutput,
    patience: number,
  ) {
    const { agent } = call;
    this.note = held.warning;
    this.forget = agent.waiters.add(held.id, (hint) => this.hear(hint));
    const left = Math.max(0, Date.parse(held.expiresAt) - agent.now());
    if (Number.isFinite(patience))
      this.after(patience, () => this.end({ kind: "patience", state: this.state }));
    this.after(left + EXPIRY_GRACE_MS, () => {
      if (this.state === "pending") this.end({ kind: "decided", state: "expired", reason: null });
    });
    call.onGone((reason) => this.end({ kind: "gone", reason }));
    if (held.state === "pending" || held.state === "approved") this.hear({ id: held.id, state: held.state });
    else this.after(REASON_GRACE_MS, () => this.end({ kind: "decided", state: held.state, reason: null }));
  }

  private after(ms: number, act: () => void): void {
    this.timers.push(setTimeout(act, Math.min(ms, LONGEST_TIMER_MS)));
  }

  private hear({ state, reason }: RequestHint): void {
    this.state = state;
    if (state === "pending") {
      // null: a notice got out after all; absent: nothing new was said
      if (reason !== undefined) this.note = reason?.slice(0, 500) ?? this.held.warning;
      return;
    }
    if (state === "approved") this.approved = true;
    // "released" is what our own claim makes of it
    else if (state !== "released") this.end({ kind: "decided", state, reason: reason ?? null });
    this.wake?.();
  }

  private end(how: Wait): void {
    this.ending ??= how;
    this.wake?.();
  }

  /** What ended the wait for good, if anything has. */
  get ended(): Wait | null {
    return this.ending;
  }

  /** Waits for the next word. Each approval is told once. */
  async next(): Promise<Wait> {
    while (this.ending === null && !this.approved) await this.pause(LONGEST_TIMER_MS);
    if (this.ending) return this.ending;
    this.approved = false;
    return { kind: "approved" };
  }

  /** Returns after `ms`, or earlier when something was heard. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake?.(), ms);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
    });
  }

  stop(): void {
    this.forget();
    for (const timer of this.timers) clearTimeout(timer);
  }
}
