import { callDigestText } from "../../contract/canonical";
import { UNKNOWN_TOOL } from "../../contract/classify";
import { readMessage } from "../../contract/scan";
import { type HoldInput, type HoldOutput, MAX_PARAMS_CHARS } from "../../contract/v1";
import type { Call, Refusal } from "../call";
import type { Done, Step } from "../chain";
import { claimTicket } from "../claim";
import { ConsoleRefusal } from "../console";
import { sha256Hex } from "../crypto";
import { frameText } from "../framing";
import { HeldWait, type Wait } from "../held-wait";
import { newNonce } from "../ids";
import { keepAlive } from "../keep-alive";
import { errorText, log } from "../log";
import { patienceMs } from "../patience";
import type { Session } from "../session";
import { decidedCode, decidedText, OFFLINE_TEXT, pendingText, refusalText } from "../texts";
import { ticketProblem } from "../ticket";
import { deniedNow, stopped } from "./decide";

/** How long a call waits for the bundle that the console says is in force. */
const NEWER_BUNDLE_MS = 3000;
const MAX_DECISIONS = 4;
const RETRY_AFTER_MS = 15_000;

/** Holds a call that a person must decide: recorded at the console first, released only by a verified ticket. */
export const hold =
  (session: Session): Step =>
  (call, next) => {
    const { decision } = call;
    if (decision?.effect !== "hold" || decision.observed !== null) return next();
    return new Hold(session, call, next).run();
  };

function holdInput(call: Call, nonce: string): HoldInput {
  const { tool, toolName } = call;
  const known = tool && {
    name: tool.name,
    digest: tool.digest,
    riskClass: tool.riskClass,
    tier: tool.tier,
    reasons: tool.reasons,
    annotations: tool.annotations,
  };
  const unknown =
    toolName === null ? null : { name: toolName, digest: null, ...UNKNOWN_TOOL, annotations: null };
  return {
    instance: call.agent.instance,
    nonce,
    caller: call.caller,
    client: call.client,
    method: call.method,
    tool: known ?? unknown,
    paramsText: call.paramsText,
    callDigest: call.callDigest,
    policyVersion: call.decision?.policyVersion ?? 0,
  };
}

const unreachable = (error: unknown): Refusal => ({
  code: "console_unreachable",
  text: refusalText(
    "A person would have to decide, but the Assentry console cannot take the request now.",
    "Try again later.",
  ),
  detail: error instanceof ConsoleRefusal ? `${error.status} ${error.code}` : errorText(error),
});

const badTicket = (problem: string): Refusal => ({
  code: "ticket_invalid",
  text: refusalText("The permission that the console gave does not fit this call.", "Tell the user."),
  detail: problem,
});

/** The digest of the call as it stands in the very bytes that are about to be sent. */
function digestOfBytes(bytes: Buffer): string | null {
  const text = frameText(bytes);
  if (text === null) return null;
  const message = readMessage(text, { lineBreaks: "allow", maxLength: text.length });
  return message.kind === "response" ? null : sha256Hex(callDigestText(message.method, message.params));
}

class Hold {
  private readonly nonce = newNonce();

  constructor(
    private readonly session: Session,
    private readonly call: Call,
    private readonly next: () => Done,
  ) {}

  async run(): Promise<void> {
    const { call } = this;
    if (call.idSource === null)
      return call.refuse({ code: "policy_denied", text: "", detail: "nobody would hear of the decision" });
    if (!call.agent.lease.held()) return call.refuse({ code: "offline", text: OFFLINE_TEXT });
    if (call.paramsText.length > MAX_PARAMS_CHARS)
      return call.refuse({
        code: "malformed",
        text: refusalText("Its arguments are too large to be shown to the person who decides."),
        detail: "too_large",
      });
    let held: HoldOutput;
    try {
      held = await call.agent.console.hold(holdInput(call, this.nonce));
    } catch (error) {
      return this.notHeld(error);
    }
    call.requestId = held.id;
    log.info("held", { request: held.id, attached: held.attached, method: call.method });
    await this.waiting(held);
  }

  /** The console decides by other rules than we did: get them and decide again. */
  private async notHeld(error: unknown): Promise<void> {
    const { call } = this;
    const stale = error instanceof ConsoleRefusal && error.code === "stale_bundle";
    if (!stale || ++call.staleAnswers >= MAX_DECISIONS) return call.refuse(unreachable(error));
    const version = call.decision?.policyVersion;
    const newer = () => (call.agent.standing?.bundle.policy.version ?? version) !== version;
    if (!(await call.agent.bundleUntil(newer, NEWER_BUNDLE_MS))) return call.refuse(unreachable(error));
    await call.decideAgain?.();
  }

  private async waiting(held: HoldOutput): Promise<void> {
    const { call } = this;
    call.exchange.holding?.();
    const token = call.progressToken;
    const { patienceMs: most = Number.POSITIVE_INFINITY } = call.exchange;
    const patience = Math.min(
      most,
      patienceMs(call.client, token !== null, call.agent.config.patienceSeconds),
    );
    const wait = new HeldWait(call, held, patience);
    const note = () => `waiting for a person: ${held.id} ${held.url}${wait.note ? ` (${wait.note})` : ""}`;
    const quiet = keepAlive(token, note, (bytes) => call.exchange.toClient(bytes));
    try {
      for (;;) {
        const end = await wait.next();
        const rest = end.kind === "approved" ? await this.release(held, wait) : end;
        if (rest === "wait") continue;
        quiet();
        return rest === "go" ? await this.next() : await this.ended(held, rest, wait.note);
      }
    } finally {
      quiet();
      wait.stop();
    }
  }

  /** Not approved, or not yet: the client is told, and the console that nobody waits any more. */
  private async ended(held: HoldOutput, end: Wait | Refusal, note: string | null): Promise<void> {
    const { call } = this;
    if ("code" in end) return call.refuse(end);
    if (end.kind === "approved") throw new Error("an approved call was not released");
    if (end.kind === "decided")
      return call.refuse({
        code: decidedCode(end.state),
        text: decidedText(end.state, end.reason, held.id),
        detail: end.state,
      });
    if (end.kind === "gone") call.end();
    else {
      const { id, url, expiresAt } = held;
      const approval = { id, state: end.state, url, retryAfterMs: RETRY_AFTER_MS, expiresAt };
      call.postpone(pendingText(approval, note), approval);
    }
    const reason = end.kind === "gone" ? end.reason : "patience";
    const { instance, console } = call.agent;
    await call.agent.parting(console.waiterGone(held.id, { instance, nonce: this.nonce, reason }));
  }

  /** An approval is there: "go" when the call may be sent now, "wait" when it was not approved after all. */
  private async release(held: HoldOutput, wait: HeldWait): Promise<"go" | "wait" | Wait | Refusal> {
    const changed = await this.toolChanged();
    if (changed) return changed;
    const claim = await claimTicket(this.call, held.id, this.nonce, wait);
    if (claim.kind === "wait") return "wait";
    if (claim.kind === "ended") return claim.how;
    if (claim.kind === "refused") return badTicket(claim.problem);
    const refusal =
      (await this.toolChanged()) ?? (await this.ticketRefusal(held, claim.envelope)) ?? this.lastDoubts();
    this.call.released = refusal === null;
    return refusal ?? "go";
  }

  /** The definition that the approver saw must still be the one the server lists. */
  private async toolChanged(): Promise<Refusal | null> {
    const { call, session } = this;
    const name = call.toolName;
    if (name === null) return null;
    const { manifest } = session;
    const listed = manifest.isFresh() || (await manifest.refresh()) || call.tool === null;
    const digest = manifest.lookup(name)?.digest ?? null;
    if (listed && digest === (call.tool?.digest ?? null)) return null;
    return {
      code: "tool_changed",
      text: refusalText(
        "The server's definition of this tool changed while the call waited.",
        "Tell the user.",
      ),
      detail: listed ? null : "the server did not list its tools",
    };
  }

  private async ticketRefusal(held: HoldOutput, envelope: unknown): Promise<Refusal | null> {
    const { call } = this;
    const { agent } = call;
    const consoleNow = await agent.consoleNow();
    const { identity, standing } = agent;
    if (consoleNow === null) return { code: "offline", text: OFFLINE_TEXT };
    if (!identity || !standing) return badTicket("no policy is in force");
    const callDigest = digestOfBytes(call.frame.bytes);
    if (callDigest === null) return badTicket("the bytes are not the call");
    const problem = ticketProblem(
      envelope,
      {
        requestId: held.id,
        serverId: identity.serverId,
        instance: agent.instance,
        claimNonce: this.nonce,
        callerKey: call.caller.key,
        method: call.method,
        tool: call.toolName,
        toolDigest: call.tool?.digest ?? null,
        callDigest,
        requestDigest: held.digest,
      },
      { verifier: agent.verifier, consoleNow, demandLogProof: standing.bundle.demandLogProof },
    );
    if (problem !== null) log.error("a ticket was refused", { request: held.id, problem });
    return problem === null ? null : badTicket(problem);
  }

  /** What may have happened while the ticket was fetched. */
  private lastDoubts(): Refusal | null {
    const { call } = this;
    if (call.gone !== null)
      return { code: "request_withdrawn", text: "", detail: "the client went away before the call was sent" };
    const { standing } = call.agent;
    if (!standing) return badTicket("no policy is in force");
    return stopped(call, standing.bundle) ?? deniedNow(call, standing);
  }
}
