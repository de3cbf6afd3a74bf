import { requestState } from "../contract/vocabulary";
import type { Call } from "./call";
import { ConsoleRefusal } from "./console";
import type { HeldWait, Wait } from "./held-wait";
import { errorText, log } from "./log";

export type Claim =
  | { readonly kind: "ticket"; readonly envelope: unknown }
  /** the console will not give one; `problem` is its code */
  | { readonly kind: "refused"; readonly problem: string }
  /** it is not approved after all */
  | { readonly kind: "wait" }
  | { readonly kind: "ended"; readonly how: Wait };

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

function standing(error: ConsoleRefusal): Claim {
  const state = requestState.safeParse(error.details.state);
  if (!state.success) return { kind: "refused", problem: error.code };
  if (state.data === "pending") return { kind: "wait" };
  const reason = typeof error.details.reason === "string" ? error.details.reason.slice(0, 2000) : null;
  return { kind: "ended", how: { kind: "decided", state: state.data, reason } };
}

const mayPass = (error: unknown): boolean =>
  !(error instanceof ConsoleRefusal) || error.status >= 500 || error.status === 429;

/**
 * Asks for the ticket. A reply that got lost is asked for again under the same nonce, which gives the same ticket,
 * until the client's patience, the client itself or the request ends.
 */
export async function claimTicket(call: Call, id: string, nonce: string, wait: HeldWait): Promise<Claim> {
  const { agent } = call;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    if (wait.ended) return { kind: "ended", how: wait.ended };
    try {
      const envelope = await agent.console.claim(id, {
        instance: agent.instance,
        nonce,
        callDigest: call.callDigest,
        toolDigest: call.tool?.digest ?? null,
      });
      return { kind: "ticket", envelope };
    } catch (error) {
      if (error instanceof ConsoleRefusal && error.status === 409) return standing(error);
      if (!mayPass(error))
        return { kind: "refused", problem: error instanceof ConsoleRefusal ? error.code : "unknown" };
      log.warn("the ticket could not be claimed yet", { request: id, error: errorText(error) });
    }
    await wait.pause(pause);
  }
}
