import { setTimeout as sleep } from "node:timers/promises";
import type { BenchConsole } from "./console-api";
import { Holder, monotonic } from "./held";
import { ms, quantile, type Section } from "./stats";

const WARM_UP = 30;
const CALLS = 250;
/** People do not decide as fast as they can: the spool of the call before is sent in between. */
const PAUSE_MS = 40;

/** From the moment a decision leaves the decider until the waiting client has the tool's answer. */
export async function decisions(console: BenchConsole): Promise<Section[]> {
  const holder = await Holder.open(console, "bench-decisions");
  const [held, reached, resumed, replied]: number[][] = [[], [], [], []];
  try {
    for (let i = -WARM_UP; i < CALLS; i++) {
      const call = await holder.hold();
      const digest = await holder.digestOf(call.id);
      const sent = monotonic();
      const decided = holder.approve(call.id, digest).then(() => monotonic());
      const { at, reachedServer, answer } = await call.answered;
      if (!(reachedServer > sent)) throw new Error(`not executed: ${JSON.stringify(answer)}`);
      const repliedAt = await decided;
      if (i >= 0) {
        held?.push(call.heldMs);
        reached?.push(reachedServer - sent);
        resumed?.push(at - sent);
        replied?.push(repliedAt - sent);
      }
      await sleep(PAUSE_MS);
    }
  } finally {
    await holder.peer.close();
  }
  const row = (name: string, samples: number[] = [], goal = "") => {
    return [name, ms(quantile(samples, 0.5)), ms(quantile(samples, 0.9)), ms(quantile(samples, 0.99)), goal];
  };
  const text = [
    `${CALLS} held calls, one after another, each decided by the API as a person's click is. Between decision and execution lie: the decision's transaction, a hint to the agent, its signed claim, the ticket's check, and the intent on disk (fsync).`,
  ];
  return [
    {
      title: "Decision to resumed call",
      text,
      table: {
        head: ["from sending the decision to", "p50 ms", "p90 ms", "p99 ms", "goal p50 / p99"],
        rows: [
          row("the server has the call", reached),
          row("the client has the answer", resumed, "25 / 100"),
          row("the decider has the reply", replied),
          row("(call to the word that it waits)", held),
        ],
      },
    },
  ];
}
