import type { Call } from "../call";
import type { Step } from "../chain";
import { errorText } from "../log";
import { refusalText } from "../texts";

function recordIntent(call: Call): void {
  const { decision, agent } = call;
  if (!decision) throw new Error("a call without a decision");
  const { rule, policyVersion, flagged, observed } = decision;
  const at = new Date().toISOString();
  const facts = call.facts();
  if (observed !== null)
    agent.spool.report({ type: "call.observed", at, ...facts, rule, policyVersion, wouldBe: observed });
  else if (decision.effect === "allow")
    agent.spool.intend({ type: "call.allowed", at, ...facts, rule, policyVersion, flagged });
  else if (decision.effect === "hold" && call.released && call.requestId !== null)
    agent.spool.intend({ type: "call.released", at, call: call.id, request: call.requestId }, true);
  else throw new Error("a call that nothing allows");
}

/** The one place where a judged call goes on to the server: first the record on disk, then the very bytes. */
export const forward: Step = (call, next) => {
  try {
    recordIntent(call);
  } catch (error) {
    call.refuse({
      code: "spool_full",
      text: refusalText("The agent cannot record calls at the moment, so it lets none pass."),
      detail: errorText(error),
    });
    return;
  }
  call.forwardedAt = call.agent.clock.monotonic();
  call.exchange.toUpstream(call.frame.bytes);
  return next();
};
