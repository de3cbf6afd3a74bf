import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { decisions, payloadViews, requests, votes } from "@/db/schema/requests";
import { agents } from "@/db/schema/servers";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { notify, readInstallation } from "@/lib/core/installation";
import { enqueueOutcome } from "@/lib/notices/enqueue";
import { asCandidate, type Posture, whyNot } from "./eligibility";
import { getRequest } from "./get-request";
import { decideInput } from "./schemas";
import { standingDecisionOf } from "./standing-decision";

/** Says truthfully why a request takes no decision any more. */
export async function refuseLate(tx: Tx, id: string): Promise<never> {
  const [row] = await tx
    .select({
      state: requests.state,
      late: sql<boolean>`${requests.expiresAt} <= now()`,
      endReason: requests.endReason,
    })
    .from(requests)
    .where(eq(requests.id, id));
  if (!row) throw new AppError("not_found", "There is no such request.");
  const decision = await standingDecisionOf(tx, id);
  if (decision) {
    const verb = decision.verdict === "approve" ? "approved" : "denied";
    throw new AppError("already_decided", `Already ${verb} by ${decision.by.name} at ${decision.at}.`, {
      details: { decision, state: row.state },
    });
  }
  if (row.state === "expired" || (row.state === "pending" && row.late)) {
    throw new AppError("expired", "This request expired before it was decided.", {
      details: { state: "expired" },
    });
  }
  if (row.state === "invalidated") {
    throw new AppError("invalidated", row.endReason ?? "This request was invalidated.", {
      details: { state: row.state },
    });
  }
  throw new AppError("conflict", `This request is ${row.state}.`, { details: { state: row.state } });
}

/**
 * Approves or denies exactly the call with this digest. One winner under any interleaving: the UPDATE repeats the
 * precondition, the decision's primary key allows one row. Errors: 403 not yours to decide; 404; 409 already decided,
 * expired or invalidated, with the standing decision in details; 422 the digest is not the one waiting.
 */
export const decide = command({
  permission: "requests.decide",
  action: "request.decide",
  input: decideInput,
  subject: (input) => ({ subject: { type: "request", id: input.id, name: input.id }, requestId: input.id }),
  async run({ tx, context, input }) {
    const [found] = await tx
      .select({ request: requests, agentOwnerId: agents.ownerId })
      .from(requests)
      .innerJoin(agents, eq(agents.id, requests.agentId))
      .where(eq(requests.id, input.id));
    if (!found) throw new AppError("not_found", "There is no such request.");
    const { request, agentOwnerId } = found;
    if (request.digest !== input.digest) {
      throw new AppError("digest_mismatch", "This is not the call that waits: its digest is another.", {
        details: { digest: request.digest },
      });
    }
    const posture = (await readInstallation(tx)).posture as Posture;
    const candidate = await asCandidate(tx, context);
    if (!candidate) throw new AppError("forbidden", "Only people and tokens decide.");
    const reason = whyNot(candidate, {
      hold: request.hold,
      posture,
      agentOwnerId,
      createdAt: request.createdAt,
    });
    if (reason) throw new AppError("forbidden", reason);
    const approved = input.verdict === "approve";
    const [won] = await tx
      .update(requests)
      .set({
        state: approved ? "approved" : "denied",
        decidedAt: sql`now()`,
        approvalUntil: approved ? sql`now() + make_interval(mins => ${request.hold.approvalMinutes})` : null,
        finishedAt: approved ? null : sql`now()`,
        endReason: approved ? null : `Denied by ${context.name}${input.reason ? `: ${input.reason}` : ""}`,
      })
      .where(
        and(eq(requests.id, input.id), eq(requests.state, "pending"), sql`${requests.expiresAt} > now()`),
      )
      .returning({ id: requests.id });
    if (!won) return refuseLate(tx, input.id);
    const [view] = await tx
      .select({ openedAt: payloadViews.openedAt })
      .from(payloadViews)
      .where(and(eq(payloadViews.requestId, input.id), eq(payloadViews.viewerId, context.id)));
    const ownCall = agentOwnerId !== null && agentOwnerId === candidate.actsFor;
    const decider = { type: context.type, id: context.id, name: context.name };
    await tx.insert(votes).values({
      id: newId("vote"),
      requestId: input.id,
      voterType: decider.type,
      voterId: decider.id,
      voterName: decider.name,
      verdict: input.verdict,
      reason: input.reason || null,
      digest: input.digest,
      surface: context.type === "token" ? "api" : (input.surface ?? "web"),
      openedAt: view?.openedAt ?? null,
      ownCall,
    });
    const auditId = newId("evt");
    await tx.insert(decisions).values({
      requestId: input.id,
      verdict: input.verdict,
      deciderType: decider.type,
      deciderId: decider.id,
      deciderName: decider.name,
      reason: input.reason || null,
      digest: input.digest,
      auditId,
    });
    await enqueueOutcome(tx, input.id, context.type === "person" ? context.id : null);
    await notify(tx, {
      t: "request",
      id: input.id,
      state: approved ? "approved" : "denied",
      server: request.serverId,
      agent: request.agentId,
    });
    return {
      result: input.id,
      entries: [
        {
          action: approved ? "request.approve" : "request.deny",
          id: auditId,
          subject: { type: "request", id: input.id, name: request.toolName ?? request.method },
          reason: input.reason || null,
          correlation: request.nonce,
          serverId: request.serverId,
          toolId: request.toolId,
          identityId: request.identityId,
          requestId: request.id,
          detail: {
            digest: input.digest,
            opened: view !== undefined,
            ownCall,
            posture,
            policyVersion: request.policyVersion,
          },
        },
      ],
    };
  },
});

/** What the API answers with: the request as it stands after the decision. */
export const decideAndShow = Object.assign(
  async (context: Parameters<typeof decide>[0], input: Parameters<typeof decide>[1]) => {
    const id = await decide(context, input);
    return getRequest(context, { id });
  },
  { kind: "command" as const },
);
