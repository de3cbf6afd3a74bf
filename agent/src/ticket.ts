import { openEnvelope, type Verifier } from "../contract/dsse";
import { type Ticket, ticket as ticketSchema } from "../contract/v1";

/** What this agent itself knows of the call it is about to send. */
export type ExpectedTicket = Pick<
  Ticket,
  | "requestId"
  | "serverId"
  | "instance"
  | "claimNonce"
  | "callerKey"
  | "method"
  | "tool"
  | "toolDigest"
  | "callDigest"
  | "requestDigest"
>;

/**
 * Why the ticket does not permit this call, or null when it does. Every field must equal what the agent computed from
 * the bytes it is about to send; the console's word alone releases nothing.
 * @param consoleNow milliseconds, the console's time
 */
export function ticketProblem(
  envelope: unknown,
  expected: ExpectedTicket,
  options: { verifier: Verifier; consoleNow: number; demandLogProof: boolean },
): string | null {
  let ticket: Ticket;
  try {
    ticket = openEnvelope("ticket", ticketSchema, envelope, options.verifier);
  } catch (error) {
    return error instanceof Error ? (error.message.split("\n")[0] ?? "unreadable") : "unreadable";
  }
  for (const key of Object.keys(expected) as (keyof ExpectedTicket)[])
    if (ticket[key] !== expected[key]) return `${key} differs`;
  if (options.consoleNow >= Date.parse(ticket.expiresAt)) return "expired";
  if (options.demandLogProof && ticket.logProof === null) return "no log proof";
  return null;
}
