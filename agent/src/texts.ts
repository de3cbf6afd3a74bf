import type { RefusalCode } from "../contract/v1";
import type { RequestState } from "../contract/vocabulary";

/** Under `_meta["io.assentry/approval"]` of a refused result: how to go on. Times are ISO 8601, UTC. */
export interface PendingApproval {
  readonly id: string;
  readonly state: RequestState;
  readonly url: string;
  readonly retryAfterMs: number;
  readonly expiresAt: string;
}

const META = "io.assentry/approval";

/** @param id source text of the request's id */
export function refusedToolResult(id: string, text: string, approval?: PendingApproval): string {
  const result = {
    content: [{ type: "text", text }],
    isError: true,
    ...(approval && { _meta: { [META]: approval } }),
  };
  return `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`;
}

/** @param id source text of the request's id, or "null" */
export function errorAnswer(id: string, code: number, message: string, approval?: PendingApproval): string {
  const error = { code, message, ...(approval && { data: { [META]: approval } }) };
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`;
}

/** Said first, so that no model takes a refusal for a result. */
const NOT_EXECUTED = "This call was not executed: nothing of it was sent to the server.";

export const refusalText = (why: string, advice = ""): string =>
  [NOT_EXECUTED, why, advice].filter(Boolean).join(" ");

export const OFFLINE_TEXT = refusalText(
  "The Assentry console cannot be reached, and without it such a call is not permitted.",
  "Try again later.",
);

export const DO_NOT_RETRY = "Do not try it again in another way; tell the user.";

/** A decision that ended the wait, in the console's words when it gave some. */
export function decidedText(state: RequestState, reason: string | null, id: string): string {
  const because = reason ? ` Reason given: ${reason}` : "";
  switch (state) {
    case "denied":
      return refusalText(`A person denied it (${id}).${because}`, DO_NOT_RETRY);
    case "expired":
      return refusalText(`Nobody decided in time (${id} expired).${because}`);
    case "ticket_expired":
      return refusalText(`It was approved, but the approval lapsed before it was used (${id}).${because}`);
    case "withdrawn":
      return refusalText(`The approval was withdrawn (${id}).${because}`, DO_NOT_RETRY);
    case "invalidated":
      return refusalText(`The request is no longer valid (${id}).${because}`);
    case "cancelled":
      return refusalText(`The request was cancelled (${id}).${because}`);
    default:
      return refusalText(`The request ${id} was already used up elsewhere (${state}).${because}`);
  }
}

export function decidedCode(state: RequestState): RefusalCode {
  if (state === "denied") return "decision_denied";
  if (state === "expired" || state === "ticket_expired") return "request_expired";
  if (state === "withdrawn" || state === "cancelled") return "request_withdrawn";
  return "request_invalidated";
}

export function pendingText(approval: PendingApproval, warning: string | null): string {
  return refusalText(
    `A person has to decide first: ${approval.id}, see ${approval.url} (open until ${approval.expiresAt}).`,
    `${warning ? `${warning} ` : ""}Call again with the same arguments once it is decided.`,
  );
}

/** @param forwarded whether the server was asked */
export const sessionEnded = (forwarded: boolean): string =>
  forwarded
    ? "The session ended before the server answered: whether it did what was asked is not known."
    : refusalText("The session ended while it waited.", "Call again with the same arguments.");
