import { type Position, samePosition } from "./position";

/** Permission ends this long after the last signed heartbeat. */
export const LEASE_MS = 2000;
/** A disagreement of the two local clocks beyond this means sleep or a set clock: what we knew is void. */
const CLOCK_JUMP_MS = 1000;
/** Quartz clocks part slowly: a signed time this far ahead of our estimate corrects it, one further ahead voids it. */
const MAX_CORRECTION_MS = 500;

/** Two readings in milliseconds: one that nobody can set, one that goes on while the machine sleeps. */
export interface Clock {
  monotonic(): number;
  wall(): number;
}
export const systemClock: Clock = { monotonic: () => performance.now(), wall: () => Date.now() };

/** What a heartbeat did; only "renewed" extends the lease. */
export type HeartbeatEffect = "renewed" | "clock_unknown" | "repeated" | "future" | "old" | "other_bundle";

/**
 * Whether the console is there now. The console's time is bounded from above by the hello that echoed our nonce: it
 * was said after we asked, so `at + (now − asked)` is never behind. Overestimating only ends permission earlier.
 */
export class Lease {
  private offset: number | null = null;
  private drift = 0;
  private lastAt = Number.NEGATIVE_INFINITY;
  private lastPosition: Position | null = null;
  private until = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock = systemClock) {}

  /**
   * A verified hello is the first heartbeat of its stream.
   * @param at console time of the hello @param askedAt monotonic reading when its nonce was sent
   */
  hello(at: number, askedAt: number, position: Position, own: Position | null): void {
    this.offset = at - askedAt;
    this.drift = this.clock.wall() - this.clock.monotonic();
    this.heartbeat(at, position, own);
  }

  /**
   * Our bundle changed: the last word of the console may have been about just that one. A lease that another word gave
   * goes on to its end, for the newer bundle is the newer word.
   */
  bundleChanged(own: Position): void {
    if (this.lastPosition !== null && samePosition(this.lastPosition, own))
      this.until = this.lastAt + LEASE_MS;
  }

  /** Upper bound of the console's time, or null while unknown. */
  consoleNow(): number | null {
    if (this.offset === null) return null;
    const drift = this.clock.wall() - this.clock.monotonic();
    if (Math.abs(drift - this.drift) > CLOCK_JUMP_MS) {
      this.drop();
      return null;
    }
    return this.offset + this.clock.monotonic();
  }

  /** A verified heartbeat. @param own the position of the bundle in force */
  heartbeat(at: number, position: Position, own: Position | null): HeartbeatEffect {
    const now = this.consoleNow();
    if (now === null) return "clock_unknown";
    if (at <= this.lastAt) return "repeated";
    this.lastAt = at;
    this.lastPosition = position;
    if (at - now > MAX_CORRECTION_MS) {
      this.drop();
      return "future";
    }
    if (at > now) this.offset = at - this.clock.monotonic();
    if (now - at > LEASE_MS) return "old";
    this.drift = this.clock.wall() - this.clock.monotonic();
    if (own === null || !samePosition(position, own)) return "other_bundle";
    this.until = at + LEASE_MS;
    return "renewed";
  }

  held(): boolean {
    const now = this.consoleNow();
    return now !== null && now < this.until;
  }

  /** Forgets the console's time and the permission; the order of heartbeats is kept. */
  drop(): void {
    this.offset = null;
    this.until = Number.NEGATIVE_INFINITY;
  }
}
