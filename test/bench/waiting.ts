import type { BenchConsole } from "./console-api";
import { type HeldCall, Holder, monotonic } from "./held";
import { ms, quantile, residentMb, type Section, whole } from "./stats";

const CALLS = 1000;
const DECIDERS = 8;

/** Many calls of one agent that wait at once, then all of them decided. */
export async function waiting(console: BenchConsole): Promise<Section[]> {
  const holder = await Holder.open(console, "bench-waiting");
  try {
    const memory = () => [residentMb(holder.peer.pid), residentMb(console.pid)].map(whole);
    const before = memory();
    const started = monotonic();
    const held = await Promise.all(Array.from({ length: CALLS }, () => holder.hold()));
    const heldIn = (monotonic() - started) / 1000;
    const during = memory();
    const digests = new Map<HeldCall, string>();
    await byMany(held, async (call) => void digests.set(call, await holder.digestOf(call.id)));
    const opened = monotonic();
    const waited: number[] = [];
    await byMany(held, async (call) => {
      const sent = monotonic();
      await holder.approve(call.id, digests.get(call) as string);
      waited.push(monotonic() - sent);
    });
    const decidedIn = (monotonic() - opened) / 1000;
    const ends = await Promise.all(held.map(({ answered }) => answered));
    const allIn = (monotonic() - opened) / 1000;
    const executed = ends.filter(({ reachedServer }) => reachedServer > 0).length;
    const after = memory();
    const rows = [
      ["calls held", whole(CALLS), `${whole(CALLS / heldIn)} a second`],
      [
        "decided by 8 deciders",
        whole(CALLS),
        `${whole(CALLS / decidedIn)} a second, p50 ${ms(quantile(waited, 0.5))} ms`,
      ],
      ["executed", whole(executed), `${whole(executed / allIn)} a second from the first decision on`],
      ["agent's memory, MB", during[0] as string, `${before[0]} before, ${after[0]} after`],
      ["console's memory, MB", during[1] as string, `${before[1]} before, ${after[1]} after`],
    ];
    return [
      {
        title: "Calls that wait at once",
        text: [
          `${whole(CALLS)} calls of one agent, sent at once, then all approved by ${DECIDERS} deciders at once.`,
        ],
        table: { head: ["", "", ""], rows },
      },
    ];
  } finally {
    await holder.peer.close();
  }
}

async function byMany<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: DECIDERS }, worker));
}
