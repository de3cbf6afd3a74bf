import { callDigestText } from "../contract/canonical";
import type { ScannedNotification, ScannedRequest } from "../contract/scan";
import type { CallerFacts, ClientFacts, RefusalCode } from "../contract/v1";
import type { Agent } from "./agent";
import { hmacHex, sha256Hex } from "./crypto";
import type { Exchange } from "./exchange";
import type { Frame } from "./framing";
import { newId } from "./ids";
import type { ToolView } from "./manifest";
import { errorAnswer, type PendingApproval, refusedToolResult } from "./texts";

/** What the rules say about a call, and by which of them. */
export interface Decision {
  readonly effect: "allow" | "hold" | "deny";
  readonly rule: string | null;
  readonly policyVersion: number;
  readonly flagged: boolean;
  /** set in observe mode: the call goes on, whatever enforcing would have done */
  readonly observed: "allow" | "hold" | "deny" | null;
}

/** Why nobody waits for the answer any more. */
export type GoneReason = "cancelled" | "disconnected";

export interface Refusal {
  readonly code: RefusalCode;
  /** what the client is told; says that nothing was executed */
  readonly text: string;
  /** what is recorded beside the code; never the caller's words */
  readonly detail?: string | null;
}

/** One message of a client that the rules are asked about, on its way to the server. */
export class Call {
  readonly id = newId("cal");
  /** set by identify */
  client: ClientFacts | null = null;
  toolName: string | null = null;
  /** set by pin; null for other methods, and while the server never listed the tool */
  tool: ToolView | null = null;
  /** set by decide */
  decision: Decision | null = null;
  /** set by decide: asks the rules again and goes on from there */
  decideAgain: (() => void | Promise<void>) | null = null;
  /** how often the console said that our rules are not the ones in force */
  staleAnswers = 0;
  /** the held call at the console, set by hold */
  requestId: string | null = null;
  /** true once hold has a valid ticket */
  released = false;
  /** monotonic milliseconds of the forward, set by forward */
  forwardedAt: number | null = null;
  gone: GoneReason | null = null;
  private digest: string | null = null;
  private goneListeners: ((reason: GoneReason) => void)[] = [];

  constructor(
    readonly agent: Agent,
    readonly exchange: Exchange,
    readonly caller: CallerFacts,
    readonly frame: Frame & { readonly text: string },
    readonly message: ScannedRequest | ScannedNotification,
    /** frees the id when the call ends here */
    private readonly onEnd: (call: Call) => unknown,
  ) {}

  get method(): string {
    return this.message.method;
  }

  /** Source text of the id; null for a message that nobody answers. */
  get idSource(): string | null {
    if (this.message.kind !== "request") return null;
    const { start, end } = this.message.id.node;
    return this.frame.text.slice(start, end);
  }

  get callDigest(): string {
    this.digest ??= sha256Hex(callDigestText(this.method, this.message.params));
    return this.digest;
  }

  /** Keyed, so that a record of it tells equal calls but not their arguments; null before enrolment. */
  get fingerprint(): string | null {
    const key = this.agent.identity?.fingerprintKey;
    return key ? hmacHex(key, this.callDigest) : null;
  }

  /** Source text of the params; "null" when there are none, which has the same digest. */
  get paramsText(): string {
    const params = this.message.params;
    return params ? this.frame.text.slice(params.start, params.end) : "null";
  }

  /** Source text of the client's progress token, or null. */
  get progressToken(): string | null {
    const meta = this.message.params?.get("_meta");
    const token = meta?.type === "object" ? meta.get("progressToken") : undefined;
    if (token?.type !== "string" && token?.type !== "number") return null;
    return this.frame.text.slice(token.start, token.end);
  }

  /** Fields that every event about this call has. */
  facts() {
    return {
      call: this.id,
      caller: this.caller,
      method: this.method.slice(0, 200),
      tool: this.toolName?.slice(0, 500) ?? null,
      toolDigest: this.tool?.digest ?? null,
      fingerprint: this.fingerprint,
    };
  }

  /** Ends the call: the client is told, the refusal recorded, nothing forwarded. */
  refuse({ code, text, detail }: Refusal): void {
    if (this.gone === null) this.answer(text);
    this.end();
    this.agent.spool.report({
      type: "call.refused",
      at: new Date().toISOString(),
      call: this.id,
      caller: this.caller,
      method: this.method.slice(0, 200),
      tool: this.toolName?.slice(0, 500) ?? null,
      code,
      detail: detail?.slice(0, 300) ?? null,
      request: this.requestId,
      rule: this.decision?.rule ?? null,
      policyVersion: this.decision?.policyVersion ?? null,
    });
  }

  /** Ends the call for now: a person has not decided yet, and the client need not wait for it. */
  postpone(text: string, approval: PendingApproval): void {
    this.answer(text, approval);
    this.end();
  }

  private answer(text: string, approval?: PendingApproval): void {
    const id = this.idSource;
    if (id === null) return;
    const answer =
      this.method === "tools/call"
        ? refusedToolResult(id, text, approval)
        : errorAnswer(id, -32001, text, approval);
    this.exchange.toClient(Buffer.from(`${answer}\n`), true);
  }

  /** The call is over without having been forwarded. */
  end(): void {
    this.onEnd(this);
  }

  /** The client cancelled or went away. */
  leave(reason: GoneReason): void {
    if (this.gone !== null) return;
    this.gone = reason;
    for (const listener of this.goneListeners.splice(0)) listener(reason);
  }

  /** Calls back when the client goes; at once when it has gone. */
  onGone(listener: (reason: GoneReason) => void): void {
    if (this.gone !== null) listener(this.gone);
    else this.goneListeners.push(listener);
  }
}
