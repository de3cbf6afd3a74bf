import { sql } from "drizzle-orm";
import { db, isDatabaseAway } from "@/db/client";
import { onHint, stopListening } from "@/db/listen";
import { sequence } from "@/lib/audit/sequencer";
import { checkAppendOnly, ensureInstallation } from "@/lib/core/installation";
import { log } from "@/lib/core/log";
import { processShared } from "@/lib/core/shared";
import { workerState } from "@/lib/core/worker-state";
import { closeAllStreams } from "@/lib/http/open-streams";
import { deliverNotices } from "@/lib/notices/deliver";
import { sweepRequests, untilNextDeadline } from "@/lib/requests/sweep";

interface Loop {
  wake(): void;
  stop(): void;
}

/**
 * Runs `work` again and again: at once when woken, else after the delay it returns. Errors are logged once until they
 * change, and never end the loop.
 */
function loop(name: string, work: () => Promise<number>): Loop {
  let timer: NodeJS.Timeout | null = null;
  let running = false;
  let again = false;
  let stopped = false;
  let failing = false;
  const run = async () => {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    if (timer) clearTimeout(timer);
    running = true;
    let delay = 1_000;
    try {
      delay = await work();
      failing = false;
    } catch (error) {
      if (!failing)
        log[isDatabaseAway(error) ? "warn" : "error"](`${name} failed and will be tried again`, { error });
      failing = true;
    }
    running = false;
    if (stopped) return;
    timer = setTimeout(run, again ? 0 : delay);
    again = false;
  };
  timer = setTimeout(run, 0);
  return {
    wake: () => void run(),
    stop: () => {
      stopped = true;
      if (timer) clearTimeout(timer);
    },
  };
}

const housekeeping = async () => {
  await db().execute(sql`select assentry_ensure_audit_partitions(3)`);
  await db().execute(sql`delete from agent_nonces where created_at < now() - interval '5 minutes'`);
  await db().execute(sql`delete from throttles where "window" < now() - interval '1 day'`);
  await db().execute(sql`delete from sessions where expires < now() - interval '1 day'`);
  return 60_000;
};

/** Listener, sweeper, sequencer, notices and housekeeping of this process. Starting twice does nothing. */
export async function startBackground(): Promise<void> {
  const state = processShared("assentry.background", () => ({ started: false, loops: [] as Loop[] }));
  if (state.started) return;
  state.started = true;
  await ensureInstallation();
  await checkAppendOnly();
  const sweeper = loop("expiry", async () => {
    await sweepRequests();
    return untilNextDeadline(1_000);
  });
  const sequencer = loop("sequencer", async () => (((await sequence()) ?? 0) >= 500 ? 0 : 200));
  const notices = loop("notices", async () => ((await deliverNotices()) > 0 ? 0 : 1_000));
  state.loops.push(sweeper, sequencer, notices, loop("housekeeping", housekeeping));
  onHint((hint) => {
    if (hint.t !== "request" && hint.t !== "resync") return;
    sweeper.wake();
    sequencer.wake();
    notices.wake();
  });
  workerState().running = true;
}

/** Ends the loops and every open stream: `next start` does not exit while one is open. */
export async function stopBackground(): Promise<void> {
  const state = processShared("assentry.background", () => ({ started: false, loops: [] as Loop[] }));
  for (const one of state.loops.splice(0)) one.stop();
  state.started = false;
  workerState().running = false;
  closeAllStreams();
  await stopListening();
}
