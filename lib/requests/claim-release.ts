import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { claimInput, type Ticket } from "@/agent/contract/v1";
import { requests } from "@/db/schema/requests";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { notify } from "@/lib/core/installation";
import { seal } from "@/lib/core/keys";
import { asAgent } from "./hold-call";

const TICKET_SECONDS = 60;
type Row = typeof requests.$inferSelect;

function ticketOf(row: Row) {
  const ticket: Ticket = {
    v: 1,
    requestId: row.id,
    serverId: row.serverId,
    instance: row.ticketInstance as string,
    claimNonce: row.ticketNonce as string,
    callerKey: row.callerKey,
    method: row.method,
    tool: row.toolName,
    toolDigest: row.toolDigest,
    callDigest: row.callDigest,
    requestDigest: row.digest,
    policyVersion: row.policyVersion,
    issuedAt: (row.releasedAt as Date).toISOString(),
    expiresAt: (row.ticketExpiresAt as Date).toISOString(),
    logProof: null,
  };
  return seal("ticket", ticket);
}

/**
 * Release is a claim: one conditional UPDATE binds the ticket to one instance and nonce. The same nonce gets the same
 * ticket again while it lives; anybody else, and any other state, gets 409 `not_claimable` with what stands.
 */
export const claimRelease = command({
  permission: "agent",
  action: "request.release",
  input: claimInput.extend({ id: z.string().max(100) }),
  subject: (input) => ({ subject: { type: "request", id: input.id, name: input.id }, requestId: input.id }),
  async run({ tx, context, input }) {
    const agent = asAgent(context);
    const bound = [
      eq(requests.id, input.id),
      eq(requests.agentId, agent.id),
      eq(requests.callDigest, input.callDigest),
      sql`${requests.toolDigest} is not distinct from ${input.toolDigest}`,
    ];
    const [claimed] = await tx
      .update(requests)
      .set({
        state: "released",
        releasedAt: sql`now()`,
        ticketInstance: input.instance,
        ticketNonce: input.nonce,
        ticketExpiresAt: sql`now() + make_interval(secs => ${TICKET_SECONDS})`,
      })
      .where(
        and(
          ...bound,
          eq(requests.state, "approved"),
          sql`${requests.approvalUntil} > now()`,
          eq(requests.waiterInstance, input.instance),
          eq(requests.waiterNonce, input.nonce),
          sql`${requests.waiterGone} is null`,
        ),
      )
      .returning();
    const row =
      claimed ??
      (
        await tx
          .select()
          .from(requests)
          .where(
            and(
              ...bound,
              eq(requests.state, "released"),
              eq(requests.ticketInstance, input.instance),
              eq(requests.ticketNonce, input.nonce),
              sql`${requests.ticketExpiresAt} > now()`,
            ),
          )
      )[0];
    if (!row) {
      const [standing] = await tx
        .select({ state: requests.state, endReason: requests.endReason })
        .from(requests)
        .where(and(eq(requests.id, input.id), eq(requests.serverId, agent.serverId)));
      if (!standing) throw new AppError("not_found", "There is no such request.");
      throw new AppError("not_claimable", `This request is ${standing.state}, or another waiter has it.`, {
        details: { state: standing.state, reason: standing.endReason },
      });
    }
    if (claimed)
      await notify(tx, {
        t: "request",
        id: row.id,
        state: "released",
        server: row.serverId,
        agent: agent.id,
      });
    return {
      result: { ticket: ticketOf(row) },
      entries: [
        {
          action: "request.release",
          subject: { type: "request", id: row.id, name: row.toolName ?? row.method },
          detail: { instance: input.instance, again: !claimed },
          serverId: row.serverId,
          toolId: row.toolId,
          identityId: row.identityId,
          requestId: row.id,
        },
      ],
    };
  },
});
