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

/** Whoever waits for the change itself goes first, and many changes wake the loops once. */
const WAKE_MS = 50;

interface Loop {
  wake(): void;
  /** resolves when work that was under way has ended */
  stop(): Promise<void>;
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
  let current: Promise<void> = Promise.resolve();
  const run = () => {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    if (timer) clearTimeout(timer);
    running = true;
    current = once();
  };
  const once = async () => {
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
    wake: run,
    stop: () => {
      stopped = true;
      if (timer) clearTimeout(timer);
      return current;
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
  try {
    await ensureInstallation();
    await checkAppendOnly();
  } catch (error) {
    state.started = false;
    throw error;
  }
  const sweeper = loop("expiry", async () => {
    await sweepRequests();
    return untilNextDeadline(1_000);
  });
  const sequencer = loop("sequencer", async () => (((await sequence()) ?? 0) >= 500 ? 0 : 200));
  const notices = (["email", "webhook"] as const).map((channel) =>
    loop(`notices by ${channel}`, async () => ((await deliverNotices(channel)) > 0 ? 0 : 1_000)),
  );
  state.loops.push(sweeper, sequencer, ...notices, loop("housekeeping", housekeeping));
  let waking: NodeJS.Timeout | null = null;
  onHint((hint) => {
    if (hint.t !== "request" && hint.t !== "resync") return;
    if (waking !== null) return;
    waking = setTimeout(() => {
      waking = null;
      for (const one of [sweeper, sequencer, ...notices]) one.wake();
    }, WAKE_MS).unref();
  });
  workerState().running = true;
}

/** Ends the loops and every open stream: `next start` does not exit while one is open. */
export async function stopBackground(): Promise<void> {
  const state = processShared("assentry.background", () => ({ started: false, loops: [] as Loop[] }));
  const ends = state.loops.splice(0).map((one) => one.stop());
  state.started = false;
  workerState().running = false;
  closeAllStreams();
  await stopListening();
  // A notice that went out is noted down before the process ends, or it would go out again.
  await Promise.all(ends);
}
