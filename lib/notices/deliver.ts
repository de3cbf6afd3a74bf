import { eq, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { notices } from "@/db/schema/requests";
import { systemContext } from "@/lib/core/context";
import { env } from "@/lib/core/env";
import { newId } from "@/lib/core/ids";
import { notify } from "@/lib/core/installation";
import { record } from "@/lib/core/record";
import type { Channel } from "./channels";
import type { NoticeFacts } from "./compose";
import { sendMail, sendWebhook } from "./send";

const BATCH = 10;
const MOST_ATTEMPTS = 8;

interface Due extends Record<string, unknown> {
  id: string;
  channel: Channel;
  kind: "held" | "outcome";
  attempts: number;
  email: string | null;
  request_id: string;
  server_id: string;
  agent_id: string;
  server: string;
  tool: string;
  tier: string;
  state: string;
  expires_at: string;
  now: string;
}

/**
 * Takes due notices: each row is leased by moving its next attempt into the future before it is sent, so another
 * process neither waits nor sends twice while this one lives. An outcome waits until its call has ended.
 */
async function lease(): Promise<Due[]> {
  const { rows } = await db().execute<Due>(sql`
    with due as (
      select n.id from notices n join requests r on r.id = n.request_id
      where n.state = 'queued' and n.next_attempt_at <= now()
        and (n.kind = 'held' or r.state not in ('pending', 'approved', 'released'))
      order by n.next_attempt_at limit ${BATCH} for update of n skip locked
    )
    update notices n set attempts = n.attempts + 1,
      next_attempt_at = now() + least(interval '5 minutes', interval '2 seconds' * power(2, n.attempts))
    from due, requests r, servers s
    where n.id = due.id and r.id = n.request_id and s.id = r.server_id
    returning n.id, n.channel, n.kind, n.attempts, n.request_id, r.server_id, r.agent_id, s.name as server,
      coalesce(r.tool_name, r.method) as tool, r.tier, r.state, r.expires_at::text as expires_at, now()::text as now,
      (select email from users u where u.id = n.user_id and u.disabled_at is null) as email`);
  return rows;
}

/** Errors of relays and receivers may repeat what we sent: only a short first line is kept. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : "failed";
  return (message.split("\n")[0] ?? "failed").replace(/[\p{C}]+/gu, " ").slice(0, 200);
}

async function settle(due: Due, error: unknown): Promise<void> {
  const failed = error !== null;
  const last = failed && due.attempts >= MOST_ATTEMPTS;
  await db().transaction(async (tx) => {
    await tx
      .update(notices)
      .set(
        failed
          ? { lastError: reasonOf(error), ...(last ? { state: "failed" } : {}) }
          : { state: "delivered", deliveredAt: sql`now()`, lastError: null },
      )
      .where(eq(notices.id, due.id));
    if (!failed || last || due.attempts === 1) {
      const about = {
        subject: { type: "request", id: due.request_id, name: due.tool },
        requestId: due.request_id,
        serverId: due.server_id,
      };
      const system = systemContext("notices", newId("http"));
      if (failed) {
        const detail = {
          channel: due.channel,
          kind: due.kind,
          attempts: due.attempts,
          error: reasonOf(error),
        };
        await record(tx, system, "notice.fail", { ...about, outcome: "failed", detail });
      } else
        await record(tx, system, "notice.deliver", {
          ...about,
          detail: { channel: due.channel, kind: due.kind },
        });
    }
    await notify(tx, {
      t: "request",
      id: due.request_id,
      state: due.state,
      server: due.server_id,
      agent: due.agent_id,
    });
  });
}

async function deliver(due: Due): Promise<void> {
  if ((due.kind === "held" && due.state !== "pending") || (due.channel === "email" && !due.email)) {
    await db().update(notices).set({ state: "obsolete" }).where(eq(notices.id, due.id));
    return;
  }
  const facts: NoticeFacts = {
    requestId: due.request_id,
    kind: due.kind,
    server: due.server,
    tool: due.tool,
    tier: due.tier,
    state: due.state,
    expiresAt: new Date(due.expires_at),
    now: new Date(due.now),
    url: `${env().authUrl}/requests/${due.request_id}`,
  };
  let error: unknown = null;
  try {
    if (due.channel === "email") await sendMail(due.email as string, due.id, facts);
    else await sendWebhook(due.id, facts);
  } catch (thrown) {
    error = thrown ?? new Error("failed");
  }
  await settle(due, error);
}

/** Sends what is due; returns how many notices it worked on. */
export async function deliverNotices(): Promise<number> {
  const due = await lease();
  await Promise.all(due.map(deliver));
  return due.length;
}
