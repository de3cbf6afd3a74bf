import { readMessage, type ScannedMessage, type ScannedRequest } from "../contract/scan";
import type { Agent } from "./agent";
import { type Exchange, scopedKey } from "./exchange";
import type { Frame } from "./framing";
import { newId } from "./ids";
import { errorText, log } from "./log";
import type { Pending, Session } from "./session";
import { reportFinished } from "./steps/report";
import { errorAnswer, refusalText } from "./texts";

interface Loose {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Key of an id as the scanner makes it. */
const keyOf = (id: unknown): string | null =>
  typeof id === "string" ? `s:${id}` : typeof id === "number" ? `n:${id === 0 ? 0 : id}` : null;

function loose(text: string): Loose | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** What may ask something of a client: "method", also escaped or in another case, and a batch. */
const MAY_ASK = /"method"|\\u00[46]|^\s*\[/i;
const MAX_DEPTH = 256;

/** Whether a text that a server sent where an answer belongs is one, to every reader. */
export function isAnswer(text: string): boolean {
  if (!MAY_ASK.test(text)) return true;
  const message = loose(text);
  return message !== null && !Object.keys(message).some((key) => key.toLowerCase() === "method");
}

/**
 * What a server says goes to the client as it came. It is read only to know which request it answers, and to stop
 * what the rules do not let a server ask of a client.
 * @param came the exchange it came on, where the transport tells; an answer goes there and not where the request was
 */
export function fromServer(session: Session, frame: Frame, came: Exchange | null): void {
  const { text } = frame;
  const exchange = came ?? session.main;
  if (text === null) {
    log.warn("the server sent what is not text; dropped", { problem: frame.problem });
    return;
  }
  if (isAnswer(text)) {
    answer(session, frame, text, loose(text), came);
    return;
  }
  let message: ScannedMessage;
  try {
    message = readMessage(text, {
      lineBreaks: "ignore",
      caseVariants: "allow",
      maxLength: text.length,
      maxDepth: MAX_DEPTH,
    });
  } catch (error) {
    log.warn("the server asked for something that cannot be read; dropped", { error: errorText(error) });
    return;
  }
  if (message.kind === "notification") notification(session, frame, exchange, message.method);
  else if (message.kind === "request") request(session, frame, text, exchange, message);
}

function notification(session: Session, frame: Frame, exchange: Exchange, method: string): void {
  exchange.toClient(frame.bytes);
  if (method === "notifications/tools/list_changed") session.manifest.listChanged();
}

function answer(
  session: Session,
  frame: Frame,
  text: string,
  message: Loose | null,
  came: Exchange | null,
): void {
  if (message && session.manifest.answer(message.id, text)) return;
  const id = message ? keyOf(message.id) : null;
  const key = id === null ? null : scopedKey(came ?? session.main, id);
  const pending = key === null ? undefined : session.pending.get(key);
  if (pending ? pending.call?.forwardedAt === null : answersHeld(session, message?.id)) {
    log.warn("the server answered a call that it was never sent; dropped", { session: session.id });
    return;
  }
  (came ?? pending?.exchange ?? session.main).toClient(frame.bytes, pending !== undefined);
  if (!message || key === null || !pending) return;
  session.pending.delete(key);
  settle(session, pending, message, text);
}

/** Some clients take "7" for 7, and an answer from any stream. */
function answersHeld({ pending }: Session, id: unknown): boolean {
  if (typeof id !== "string" && typeof id !== "number") return false;
  for (const { call } of pending.values()) {
    if (call?.forwardedAt !== null || call.message.kind !== "request") continue;
    const held = call.message.id.key.slice(2);
    if (held === String(id) || Number(held) === Number(id)) return true;
  }
  return false;
}

function settle(session: Session, pending: Pending, message: Loose, text: string): void {
  const { call, method } = pending;
  const result = message.result as Record<string, unknown> | undefined;
  if (call) {
    const failed = message.error !== undefined || result?.isError === true;
    reportFinished(
      call,
      failed ? "failed" : "executed",
      JSON.stringify(message.result ?? message.error ?? null),
    );
  } else if (method === "tools/list") {
    if (result) session.manifest.passed(text, pending.cursor, pending.askedAt);
  } else if (method === "initialize" || method === "server/discover") {
    const info = result?.serverInfo as Record<string, unknown> | undefined;
    if (typeof info?.name === "string")
      session.serverInfo = {
        name: info.name.slice(0, 200),
        version: String(info.version ?? "").slice(0, 100),
      };
  }
}

/** A server asks the client for something: sampling, elicitation, roots. Rules of direction "server" decide. */
function request(
  session: Session,
  frame: Frame,
  text: string,
  exchange: Exchange,
  message: ScannedRequest,
): void {
  if (message.method === "ping") {
    exchange.toClient(frame.bytes);
    return;
  }
  const { agent } = session;
  const go = () => {
    const { start, end } = message.id.node;
    const refusal = judgeServer(session, agent, message);
    if (refusal === null) exchange.toClient(frame.bytes);
    else exchange.toUpstream(Buffer.from(`${errorAnswer(text.slice(start, end), -32001, refusal)}\n`));
  };
  if (agent.settled) go();
  else void agent.untilSettled().then(go);
}

/** Null when the server may ask, else what it is told. */
function judgeServer(session: Session, agent: Agent, { method, params }: ScannedRequest): string | null {
  const { standing, spool } = agent;
  const { caller } = session;
  const about = {
    at: new Date().toISOString(),
    call: newId("cal"),
    caller,
    method: method.slice(0, 200),
    tool: null,
  };
  const judgement = standing?.policy.evaluate({
    direction: "server",
    method,
    server: { name: standing.bundle.serverName },
    caller: { id: caller.key, name: caller.name, kind: caller.kind },
    params,
  });
  const decided = {
    rule: judgement?.rule?.id ?? null,
    policyVersion: standing?.bundle.policy.version ?? null,
  };
  if (judgement?.effect === "allow" || (judgement && agent.observes())) {
    spool.report({
      ...about,
      ...(judgement.effect === "allow"
        ? { type: "call.allowed", flagged: judgement.flagged }
        : { type: "call.observed", wouldBe: judgement.effect }),
      toolDigest: null,
      fingerprint: null,
      ...decided,
    });
    return null;
  }
  const code = judgement ? "policy_denied" : "no_bundle";
  spool.report({
    type: "call.refused",
    ...about,
    code,
    detail: "asked by the server",
    request: null,
    ...decided,
  });
  const why = judgement
    ? "The policy does not let this server ask that of its client."
    : "There is no valid policy.";
  return refusalText(why);
}
