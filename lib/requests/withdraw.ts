import { and, eq, sql } from "drizzle-orm";
import { requests } from "@/db/schema/requests";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { notify } from "@/lib/core/installation";
import { getRequest } from "./get-request";
import { withdrawInput } from "./schemas";

/** Takes an approval back before it was released. 409 when it was released, or there is none to take back. */
export const withdraw = command({
  permission: "requests.decide",
  action: "request.withdraw",
  input: withdrawInput,
  subject: (input) => ({ subject: { type: "request", id: input.id, name: input.id }, requestId: input.id }),
  async run({ tx, context, input }) {
    const reason = `Approval withdrawn by ${context.name}${input.reason ? `: ${input.reason}` : ""}`;
    const [row] = await tx
      .update(requests)
      .set({ state: "withdrawn", finishedAt: sql`now()`, endReason: reason })
      .where(and(eq(requests.id, input.id), eq(requests.state, "approved")))
      .returning();
    if (!row) {
      const [standing] = await tx
        .select({ state: requests.state })
        .from(requests)
        .where(eq(requests.id, input.id));
      if (!standing) throw new AppError("not_found", "There is no such request.");
      throw new AppError("conflict", `Nothing to withdraw: this request is ${standing.state}.`, {
        details: { state: standing.state },
      });
    }
    await notify(tx, {
      t: "request",
      id: row.id,
      state: "withdrawn",
      server: row.serverId,
      agent: row.agentId,
    });
    return {
      result: row.id,
      entries: [
        {
          action: "request.withdraw",
          subject: { type: "request", id: row.id, name: row.toolName ?? row.method },
          reason: input.reason || null,
          serverId: row.serverId,
          toolId: row.toolId,
          identityId: row.identityId,
          requestId: row.id,
        },
      ],
    };
  },
});

export const withdrawAndShow = Object.assign(
  async (context: Parameters<typeof withdraw>[0], input: Parameters<typeof withdraw>[1]) =>
    getRequest(context, { id: await withdraw(context, input) }),
  { kind: "command" as const },
);
