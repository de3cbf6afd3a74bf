import { and, eq, inArray } from "drizzle-orm";
import { z } from "zod";
import { waiterInput } from "@/agent/contract/v1";
import { requests } from "@/db/schema/requests";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { notify } from "@/lib/core/installation";
import { asAgent } from "./hold-call";

/** The client that waited went away. The request stays open: an equal call may attach from now on. */
export const leaveWaiting = command({
  permission: "agent",
  action: "request.waiter",
  input: waiterInput.extend({ id: z.string().max(100) }),
  subject: (input) => ({ subject: { type: "request", id: input.id, name: input.id }, requestId: input.id }),
  async run({ tx, context, input }) {
    const agent = asAgent(context);
    const mine = and(eq(requests.id, input.id), eq(requests.serverId, agent.serverId));
    const [row] = await tx
      .update(requests)
      .set({ waiterGone: input.reason })
      .where(
        and(
          mine,
          eq(requests.agentId, agent.id),
          eq(requests.waiterInstance, input.instance),
          eq(requests.waiterNonce, input.nonce),
          inArray(requests.state, ["pending", "approved", "denied"]),
        ),
      )
      .returning();
    const [standing] = row ? [row] : await tx.select().from(requests).where(mine);
    if (!standing) throw new AppError("not_found", "There is no such request.");
    if (row)
      await notify(tx, { t: "request", id: row.id, state: row.state, server: row.serverId, agent: agent.id });
    return {
      result: { id: standing.id, state: standing.state },
      entries: [
        {
          action: "request.waiter",
          subject: { type: "request", id: standing.id, name: standing.toolName ?? standing.method },
          detail: { reason: input.reason },
          serverId: standing.serverId,
          identityId: standing.identityId,
          requestId: standing.id,
        },
      ],
    };
  },
});
