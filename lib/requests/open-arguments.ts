import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { payloadViews, requests } from "@/db/schema/requests";
import { agents } from "@/db/schema/servers";
import { command } from "@/lib/core/command";
import type { Context } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { readInstallation } from "@/lib/core/installation";
import { asCandidate, type Posture, whyNot } from "./eligibility";
import { readPayload } from "./payload";
import { requestIdInput } from "./schemas";

async function find(tx: Tx, id: string) {
  const [row] = await tx.select().from(requests).where(eq(requests.id, id));
  if (!row) throw new AppError("not_found", "There is no such request.");
  const payload = await readPayload(tx, id);
  if (!payload) throw new AppError("not_found", "The arguments of this request were deleted.");
  return { row, payload };
}

function entryOf(row: Awaited<ReturnType<typeof find>>["row"], masked: number) {
  return {
    subject: { type: "request", id: row.id, name: row.toolName ?? row.method },
    detail: { masked },
    serverId: row.serverId,
    toolId: row.toolId,
    identityId: row.identityId,
    requestId: row.id,
  };
}

async function noteView(tx: Tx, context: Context, requestId: string, revealed: boolean): Promise<void> {
  const revealedAt = revealed ? sql`now()` : null;
  await tx
    .insert(payloadViews)
    .values({ requestId, viewerId: context.id, revealedAt })
    .onConflictDoUpdate({
      target: [payloadViews.requestId, payloadViews.viewerId],
      set: { revealedAt: sql`coalesce(payload_views.revealed_at, excluded.revealed_at)` },
    });
}

/** The arguments were on this person's screen. Recorded once a person and request; a decision says whether it happened. */
export const openArguments = command({
  permission: "requests.arguments",
  action: "request.open",
  input: requestIdInput,
  subject: (input) => ({ subject: { type: "request", id: input.id, name: input.id }, requestId: input.id }),
  async run({ tx, context, input }) {
    const { row, payload } = await find(tx, input.id);
    await noteView(tx, context, row.id, false);
    return {
      result: { opened: true as const },
      entries: [{ action: "request.open", ...entryOf(row, payload.masked) }],
    };
  },
});

/** While the call waits only people who may decide it; afterwards owners and admins too. A token never does. */
async function requireRevealer(tx: Tx, context: Context, row: Awaited<ReturnType<typeof find>>["row"]) {
  if (context.type !== "person") throw new AppError("forbidden", "Only people reveal masked values.");
  if (row.state !== "pending" && (context.role === "owner" || context.role === "admin")) return;
  const [agent] = await tx.select({ ownerId: agents.ownerId }).from(agents).where(eq(agents.id, row.agentId));
  const candidate = await asCandidate(tx, context);
  const posture = (await readInstallation(tx)).posture as Posture;
  const asked = { hold: row.hold, posture, agentOwnerId: agent?.ownerId ?? null, createdAt: row.createdAt };
  const reason = candidate ? whyNot(candidate, asked) : "Only people reveal masked values.";
  if (reason) throw new AppError("forbidden", reason);
}

/** Shows masked values; recorded each time. 403 for whoever may not decide this call. */
export const revealArguments = command({
  permission: "requests.reveal",
  action: "request.reveal",
  input: requestIdInput,
  subject: (input) => ({ subject: { type: "request", id: input.id, name: input.id }, requestId: input.id }),
  async run({ tx, context, input }) {
    const { row, payload } = await find(tx, input.id);
    await requireRevealer(tx, context, row);
    await noteView(tx, context, row.id, true);
    return {
      result: { argumentsText: payload.exact },
      entries: [{ action: "request.reveal", ...entryOf(row, payload.masked) }],
    };
  },
});

/** Whether this person opened or revealed the arguments before. */
export async function viewOf(tx: Pick<Tx, "select">, requestId: string, viewerId: string) {
  const [view] = await tx
    .select()
    .from(payloadViews)
    .where(and(eq(payloadViews.requestId, requestId), eq(payloadViews.viewerId, viewerId)));
  return view ?? null;
}
