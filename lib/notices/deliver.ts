import { eq, sql } from "drizzle-orm";
import type { Role } from "@/agent/contract/vocabulary";
import { db } from "@/db/client";
import { notices } from "@/db/schema/requests";
import { systemContext } from "@/lib/core/context";
import { env } from "@/lib/core/env";
import { newId } from "@/lib/core/ids";
import { notify } from "@/lib/core/installation";
import { allows } from "@/lib/core/permissions";
import { record } from "@/lib/core/record";
import { type Channel, configuredChannels } from "./channels";
import type { NoticeFacts } from "./compose";
import { DeliveryError, LONGEST_DELIVERY_MS, sendMail, sendWebhook } from "./send";

const BATCH = 10;
/** With the delays below: 38 minutes, longer than a call waits by default. */
const MOST_ATTEMPTS = 15;
const FIRST_DELAY_SECONDS = 2;
const LONGEST_DELAY_SECONDS = 300;
/** Nobody else takes a notice that is being sent. If this process dies, another sends it after that. */
const LEASE_SECONDS = (2 * LONGEST_DELIVERY_MS) / 1000;

interface Due extends Record<string, unknown> {
  id: string;
  channel: Channel;
  kind: "held" | "outcome";
  attempts: number;
  email: string | null;
  role: Role | null;
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

/** Takes due notices by moving their next attempt past the lease. An outcome waits until its call has ended. */
async function lease(channel: Channel): Promise<Due[]> {
  const { rows } = await db().execute<Due>(sql`
    with due as (
      select n.id, u.email, u.role from notices n join requests r on r.id = n.request_id
        left join users u on u.id = n.user_id and u.disabled_at is null
      where n.state = 'queued' and n.channel = ${channel} and n.next_attempt_at <= now()
        and (n.kind = 'held' or r.state not in ('pending', 'approved', 'released'))
      order by n.next_attempt_at limit ${BATCH} for update of n skip locked
    )
    update notices n set attempts = n.attempts + 1, next_attempt_at = now() + make_interval(secs => ${LEASE_SECONDS})
    from due, requests r, servers s
    where n.id = due.id and r.id = n.request_id and s.id = r.server_id
    returning n.id, n.channel, n.kind, n.attempts, n.request_id, r.server_id, r.agent_id, s.name as server,
      coalesce(r.tool_name, r.method) as tool, r.tier, r.expires_at::text as expires_at, now()::text as now,
      case when r.state = 'pending' and r.expires_at <= now() then 'expired' else r.state end as state,
      due.email, due.role`);
  return rows;
}

async function settle(due: Due, failure: DeliveryError | null): Promise<void> {
  const last = failure !== null && due.attempts >= MOST_ATTEMPTS;
  const delay = Math.min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** (due.attempts - 1));
  const { channel, kind, attempts } = due;
  await db().transaction(async (tx) => {
    await tx
      .update(notices)
      .set(
        failure
          ? {
              lastError: failure.message.slice(0, 200),
              nextAttemptAt: sql`now() + make_interval(secs => ${delay})`,
              ...(last ? { state: "failed" } : {}),
            }
          : { state: "delivered", deliveredAt: sql`now()`, lastError: null },
      )
      .where(eq(notices.id, due.id));
    const about = {
      subject: { type: "request", id: due.request_id, name: due.tool },
      requestId: due.request_id,
      serverId: due.server_id,
    };
    const system = systemContext("notices", newId("http"));
    if (!failure) await record(tx, system, "notice.deliver", { ...about, detail: { channel, kind } });
    // The first failure and the last: a receiver that is away for long must not fill the trail.
    else if (last || attempts === 1) {
      const detail = { channel, kind, attempts, error: failure.message.slice(0, 200) };
      await record(tx, system, "notice.fail", { ...about, outcome: "failed", detail });
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

/** Nobody needs it any more: decided or lapsed meanwhile, the person may not decide (any more), the channel is gone. */
function isObsolete(due: Due): boolean {
  if (!configuredChannels().includes(due.channel)) return true;
  if (due.kind === "held" && due.state !== "pending") return true;
  if (due.channel !== "email") return false;
  return !due.email || !(due.kind === "held" ? allows(due.role, "requests.decide") : due.role !== null);
}

async function deliver(due: Due): Promise<void> {
  if (isObsolete(due)) {
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
  let failure: DeliveryError | null = null;
  try {
    if (due.channel === "email") await sendMail(due.email as string, due.id, facts);
    else await sendWebhook(due.id, facts);
  } catch (error) {
    failure = error instanceof DeliveryError ? error : new DeliveryError("the notice could not be made");
  }
  await settle(due, failure);
}

/** Sends what is due on one channel, so that a slow relay holds up no webhook; returns how many notices it worked on. */
export async function deliverNotices(channel: Channel): Promise<number> {
  const due = await lease(channel);
  await Promise.all(due.map(deliver));
  return due.length;
}
