import { sql } from "drizzle-orm";
import type { CallerFacts } from "@/agent/contract/v1";
import type { Tx } from "@/db/client";
import { identities } from "@/db/schema/identities";
import { newId } from "@/lib/core/ids";

/** An OS user means something only on the machine of one agent; a credential's fingerprint is the installation's. */
export function qualifiedKey(agentId: string, caller: CallerFacts): string {
  return `${caller.kind === "os_user" ? agentId : caller.kind}:${caller.key}`;
}

/** The identity behind a caller, made when it is first seen. Returns its id. */
export async function upsertIdentity(
  tx: Tx,
  serverId: string,
  agentId: string,
  caller: CallerFacts,
): Promise<string> {
  const [row] = await tx
    .insert(identities)
    .values({
      id: newId("nhi"),
      serverId,
      agentId: caller.kind === "os_user" ? agentId : null,
      kind: caller.kind,
      key: qualifiedKey(agentId, caller),
      name: caller.name,
    })
    .onConflictDoUpdate({
      target: [identities.serverId, identities.key],
      set: { lastSeenAt: sql`now()`, name: caller.name },
    })
    .returning({ id: identities.id });
  if (!row) throw new Error("the identity was not stored");
  return row.id;
}
