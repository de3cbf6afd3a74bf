import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { ScannedMessage } from "../contract/scan";
import type { CallerFacts } from "../contract/v1";
import type { ReadFrame } from "./malformed";
import { errorAnswer } from "./texts";

/** One HTTP request of a known caller. */
export interface Ask {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: CallerFacts;
  /** the session that the client names; nothing says yet that it is there, or the caller's */
  readonly sessionId: string | null;
  /** the client takes a stream of events */
  readonly streams: boolean;
  /** headers that our own answers carry */
  readonly headers: Readonly<OutgoingHttpHeaders>;
}

/** A POST whose body was read strictly and agrees with its headers. */
export interface Posted extends Ask {
  readonly frame: ReadFrame;
  readonly message: ScannedMessage;
}

/** What stands behind the HTTP front: a server that speaks HTTP, or commands that speak stdio. */
export interface Backend {
  post(ask: Posted): void;
  get(ask: Ask): void;
  delete(ask: Ask): void;
  /** Nobody waits any more: held calls are left, sessions end, streams are closed. */
  close(): Promise<void>;
}

/** Source text of a request's id; "null" for what nobody answers. */
export function idSource({ frame, message }: Pick<Posted, "frame" | "message">): string {
  if (message.kind !== "request") return "null";
  const { start, end } = message.id.node;
  return frame.text.slice(start, end);
}

/** Answers with a status and a JSON-RPC error. @param id source text of the request's id */
export function sayError(
  { response, headers }: Pick<Ask, "response" | "headers">,
  status: number,
  message: string,
  {
    id = "null",
    code = -32000,
    extra = {},
  }: { id?: string; code?: number; extra?: OutgoingHttpHeaders } = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(errorAnswer(id, code, message));
  response.writeHead(status, {
    ...headers,
    ...extra,
    "content-type": "application/json",
    "content-length": body.length,
  });
  response.end(body);
}

/** For whoever does not own it, a session does not exist. */
export const sayNoSession = (ask: Ask, id?: string): void =>
  sayError(ask, 404, "Session not found", { id, code: -32001 });

export const sayFull = (ask: Ask, id?: string): void =>
  sayError(ask, 503, "Too many sessions are open. Try again later.", { id, extra: { "retry-after": "10" } });
