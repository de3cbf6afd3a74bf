import type { Tx } from "@/db/client";
import { notices } from "@/db/schema/requests";
import { newId } from "@/lib/core/ids";
import { configuredChannels } from "./channels";

interface Person {
  id: string;
}

/** Queues one mail per person who may decide and one webhook, in the hold's own transaction. */
export async function enqueueNotices(
  tx: Tx,
  requestId: string,
  kind: "held" | "outcome",
  people: readonly Person[],
): Promise<void> {
  const rows = configuredChannels().flatMap((channel): (typeof notices.$inferInsert)[] =>
    channel === "webhook"
      ? [{ id: newId("ntc"), requestId, channel, kind, userId: null }]
      : people
          .slice(0, 100)
          .map((person) => ({ id: newId("ntc"), requestId, channel, kind, userId: person.id })),
  );
  if (rows.length > 0) await tx.insert(notices).values(rows);
}

/** The decider is told how it ended: held until the call has finished (lib/notices/deliver.ts looks at the state). */
export async function enqueueOutcome(tx: Tx, requestId: string, deciderId: string | null): Promise<void> {
  await enqueueNotices(tx, requestId, "outcome", deciderId ? [{ id: deciderId }] : []);
}
