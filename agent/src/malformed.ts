import { readMessage, ScanError, type ScannedMessage, type ScanOptions } from "../contract/scan";
import type { CallerFacts } from "../contract/v1";
import type { Agent } from "./agent";
import type { Exchange } from "./exchange";
import { type Frame, MAX_LINE_BYTES } from "./framing";
import { newId } from "./ids";
import { errorAnswer } from "./texts";

/** A frame whose text was read without doubt: what is judged is what any server will read. */
export interface ReadFrame extends Frame {
  readonly text: string;
}
export type Read = { readonly message: ScannedMessage } | { readonly why: string; readonly code: string };

/** Reads a client's message strictly (decision 2), or says why it is refused. "allow": it is the body of a POST. */
export function readStrictly(
  { text, problem }: Frame,
  lineBreaks: ScanOptions["lineBreaks"] = "refuse",
): Read {
  if (text === null)
    return problem === "too_long"
      ? { why: "the message is too long", code: problem }
      : { why: "the message is not UTF-8", code: "encoding" };
  try {
    return { message: readMessage(text, { lineBreaks, maxLength: MAX_LINE_BYTES }) };
  } catch (error) {
    if (error instanceof ScanError) return { why: error.message, code: error.code };
    throw error;
  }
}

/** The id of a message that was refused, only to answer it: strings and safe whole numbers, else "null". */
export function looseId(text: string | null): string {
  try {
    const id = (JSON.parse(text ?? "null") as { id?: unknown } | null)?.id;
    return typeof id === "string" || Number.isSafeInteger(id) ? JSON.stringify(id) : "null";
  } catch {
    return "null";
  }
}

/** Answers a refused message and records it; nothing of it is forwarded. */
export function refuseMalformed(
  agent: Agent,
  caller: CallerFacts | null,
  exchange: Pick<Exchange, "toClient">,
  text: string | null,
  { why, code }: { why: string; code: string },
): void {
  const answer = errorAnswer(looseId(text), -32600, `Refused, not executed: ${why}`);
  exchange.toClient(Buffer.from(`${answer}\n`), true);
  agent.spool.report({
    type: "call.refused",
    at: new Date().toISOString(),
    call: newId("cal"),
    caller,
    method: null,
    tool: null,
    code: "malformed",
    detail: code,
    request: null,
    rule: null,
    policyVersion: null,
  });
}
