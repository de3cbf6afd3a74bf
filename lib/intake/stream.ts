import { eq, sql } from "drizzle-orm";
import { type Position, type StreamInput, streamInput } from "@/agent/contract/v1";
import { db } from "@/db/client";
import { type Hint, onHint } from "@/db/listen";
import { requests } from "@/db/schema/requests";
import { agentInstances } from "@/db/schema/servers";
import { command } from "@/lib/core/command";
import type { AgentContext } from "@/lib/core/context";
import { notify, readInstallation } from "@/lib/core/installation";
import { seal } from "@/lib/core/keys";
import { log } from "@/lib/core/log";
import { type Sse, sseResponse } from "@/lib/http/open-streams";
import { undelivered } from "@/lib/notices/channel-status";
import { asAgent, statesOf } from "@/lib/requests/hold-call";
import { buildBundle } from "./bundle";
import { joinPulse } from "./pulse";

export interface AgentStream {
  serverId: string;
  instanceId: string;
  send(event: string, data: unknown): void;
  /** sends the bundle when the stream has not had this position yet */
  bringTo(position: Position): Promise<void>;
}

/** The instance says that it is there; its first stream registers it. */
export const openInstance = command({
  permission: "agent",
  action: "agent.connect",
  input: streamInput,
  async run({ tx, context, input }) {
    const agent = asAgent(context);
    const { instance } = input;
    const facts = {
      transport: instance.transport,
      upstream: instance.upstream,
      pid: instance.pid,
      startedAt: new Date(instance.startedAt),
      localMode: instance.localMode ?? null,
      lastSeenAt: sql`now()`,
    };
    await tx
      .insert(agentInstances)
      .values({ id: instance.id, agentId: agent.id, ...facts })
      .onConflictDoUpdate({ target: [agentInstances.agentId, agentInstances.id], set: facts });
    await notify(tx, { t: "servers" });
    const inst = await readInstallation(tx);
    const rows = await statesOf(tx, agent.serverId, input.waiting);
    const { rows: clock } = await tx.execute<{ at: string }>(
      sql`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`,
    );
    return {
      result: {
        position: { epoch: inst.epoch, seq: inst.seq },
        at: clock[0]?.at as string,
        requests: rows.map((row) => ({ id: row.id, state: row.state, reason: row.endReason })),
      },
      entries: [
        {
          action: "agent.connect",
          subject: {
            type: "instance",
            id: instance.id,
            name: `${instance.transport} → ${instance.upstream}`,
          },
          serverId: agent.serverId,
          detail: { transport: instance.transport },
        },
      ],
    };
  },
});

/** No reason goes with these, so the row need not be read: the agent does nothing on a hint's word alone. */
const WITHOUT_REASON = new Set(["approved", "released"]);

async function sendHint(sse: Sse, hint: Extract<Hint, { t: "request" }>) {
  if (WITHOUT_REASON.has(hint.state))
    return sse.send("request", { id: hint.id, state: hint.state, reason: null });
  const [row] = await db()
    .select({ state: requests.state, endReason: requests.endReason })
    .from(requests)
    .where(eq(requests.id, hint.id));
  if (!row) return;
  const reason = row.state === "pending" ? await undelivered(hint.id) : row.endReason;
  sse.send("request", { id: hint.id, state: row.state, reason });
}

/** Answers an agent's stream: hello (echoing its nonce), the bundle, then heartbeats and hints until either side ends it. */
export async function agentStream(
  request: Request,
  context: AgentContext,
  raw: StreamInput,
): Promise<Response> {
  const opened = await openInstance(context, raw);
  const stops: (() => void)[] = [];
  let sent: Position | null = null;
  return sseResponse(
    request,
    context.httpRequestId,
    async (sse) => {
      const bringTo = async (position: Position) => {
        if (sent && sent.epoch === position.epoch && sent.seq === position.seq) return;
        sent = position;
        try {
          sse.send("bundle", await buildBundle(context.serverId));
        } catch (error) {
          sent = null;
          throw error;
        }
      };
      const statement = {
        nonce: raw.nonce,
        serverId: context.serverId,
        at: opened.at,
        position: opened.position,
      };
      sse.send("hello", { hello: seal("hello", statement), requests: opened.requests });
      stops.push(
        onHint((hint) => {
          const work =
            hint.t === "request" && hint.agent === context.id
              ? sendHint(sse, hint)
              : hint.t === "bundle"
                ? readInstallation().then((inst) => bringTo({ epoch: inst.epoch, seq: inst.seq }))
                : hint.t === "resync"
                  ? // hints may be lost while the listener was away: the agent reconnects and reads the states
                    Promise.resolve(sse.close())
                  : null;
          void work?.catch((error) => log.warn("a hint could not be passed on", { error }));
        }),
      );
      await bringTo(opened.position);
      stops.push(
        joinPulse({ serverId: context.serverId, instanceId: raw.instance.id, send: sse.send, bringTo }),
      );
    },
    () => {
      for (const stop of stops.splice(0)) stop();
    },
  );
}
