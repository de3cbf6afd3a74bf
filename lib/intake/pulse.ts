import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { seal } from "@/lib/core/keys";
import { log } from "@/lib/core/log";
import { processShared } from "@/lib/core/shared";
import type { AgentStream } from "./stream";

const EVERY_MS = 1_000;

interface Pulse {
  streams: Set<AgentStream>;
  timer: NodeJS.Timeout | null;
  failing: boolean;
  busy: boolean;
}

const pulse = () =>
  processShared<Pulse>("assentry.pulse", () => ({
    streams: new Set(),
    timer: null,
    failing: false,
    busy: false,
  }));

/**
 * One beat: reads position and time from Postgres, renews the instances whose streams are open here, and only then
 * signs heartbeats. Where the database cannot be read, no heartbeat is sent, and permission ends by itself.
 */
export async function beat(): Promise<void> {
  const p = pulse();
  if (p.busy || p.streams.size === 0) return;
  p.busy = true;
  try {
    const streams = [...p.streams];
    const ids = streams.map((stream) => stream.instanceId);
    const { rows } = await db().execute<{ epoch: number; seq: string; at: string }>(sql`
      with seen as (
        update agent_instances set last_seen_at = now() where id in (${sql.join(
          ids.map((id) => sql`${id}`),
          sql`, `,
        )}) returning agent_id
      ), agents_seen as (
        update agents set last_seen_at = now() where id in (select agent_id from seen) returning id
      )
      select epoch, seq::text as seq, to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
        (select count(*) from agents_seen) as n from installation where id = 1`);
    const row = rows[0];
    if (!row) return;
    const position = { epoch: row.epoch, seq: Number(row.seq) };
    const sealed = new Map<string, unknown>();
    await Promise.all(
      streams.map(async (stream) => {
        await stream.bringTo(position);
        if (!sealed.has(stream.serverId)) {
          sealed.set(stream.serverId, seal("heartbeat", { serverId: stream.serverId, at: row.at, position }));
        }
        stream.send("heartbeat", sealed.get(stream.serverId));
      }),
    );
    if (p.failing) log.info("heartbeats resumed");
    p.failing = false;
  } catch (error) {
    if (!p.failing) log.warn("no heartbeats: the database cannot be read", { error });
    p.failing = true;
  } finally {
    p.busy = false;
  }
}

/** Joins the process's one pulse; returns how to leave it. */
export function joinPulse(stream: AgentStream): () => void {
  const p = pulse();
  p.streams.add(stream);
  p.timer ??= setInterval(() => void beat(), EVERY_MS);
  return () => {
    p.streams.delete(stream);
    if (p.streams.size === 0 && p.timer) {
      clearInterval(p.timer);
      p.timer = null;
    }
  };
}
