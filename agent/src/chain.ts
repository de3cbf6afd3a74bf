import type { Call } from "./call";

/** A step that is done returns nothing; one that must wait returns its promise. Most calls never wait. */
export type Done = void | Promise<void>;

/**
 * One step of a call's way. It does its part and then `next()`, or ends the call with `call.refuse…` and does not.
 * It stays synchronous whenever it can: messages keep their order then, and an allowed call costs no turn of the loop.
 */
export type Step = (call: Call, next: () => Done) => Done;

/** Runs the steps in order; each knows only the next. */
export function chain(steps: readonly Step[]): (call: Call) => Done {
  const run = (call: Call, at: number): Done => steps[at]?.(call, () => run(call, at + 1));
  return (call) => run(call, 0);
}
