import type { Call } from "../call";
import { hmacHex } from "../crypto";

/** How a forwarded call ended, in the order of a call's life the last thing recorded. */
export function reportFinished(
  call: Call,
  outcome: "executed" | "failed" | "unknown",
  result: string | null,
): void {
  if (call.forwardedAt === null) return;
  const key = call.agent.identity?.fingerprintKey;
  call.agent.spool.report({
    type: "call.finished",
    at: new Date().toISOString(),
    call: call.id,
    request: call.requestId,
    outcome,
    resultFingerprint: key && result !== null ? hmacHex(key, result) : null,
    durationMs: Math.max(0, Math.round((call.agent.clock.monotonic() - call.forwardedAt) * 1000) / 1000),
  });
}
