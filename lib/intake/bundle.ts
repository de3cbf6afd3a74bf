import { eq } from "drizzle-orm";
import type { Envelope } from "@/agent/contract/dsse";
import type { Bundle } from "@/agent/contract/v1";
import { db } from "@/db/client";
import { policyVersions } from "@/db/schema/policy";
import { servers } from "@/db/schema/servers";
import { readInstallation } from "@/lib/core/installation";
import { seal } from "@/lib/core/keys";

/** How long a bundle may be relied on where its `offline` field allows anything at all. */
const LIFE_HOURS = 24;

/** The signed bundle of one server as it stands: rules, mode, stops, at the installation's position. */
export async function buildBundle(serverId: string): Promise<Envelope> {
  const inst = await readInstallation();
  const [row] = await db()
    .select({ server: servers, policy: policyVersions })
    .from(servers)
    .innerJoin(policyVersions, eq(policyVersions.version, inst.policyVersion))
    .where(eq(servers.id, serverId));
  if (!row) throw new Error("no such server, or no policy");
  const { server, policy } = row;
  const issuedAt = new Date();
  // An observation that ended is over even if nobody pressed a button.
  const observes =
    server.mode === "observe" && server.observeUntil !== null && server.observeUntil > issuedAt;
  const bundle: Bundle = {
    v: 1,
    serverId: server.id,
    serverName: server.name,
    position: { epoch: inst.epoch, seq: inst.seq },
    issuedAt: issuedAt.toISOString(),
    notAfter: new Date(issuedAt.getTime() + LIFE_HOURS * 3_600_000).toISOString(),
    mode: observes ? "observe" : "enforce",
    observe: observes
      ? { reason: server.observeReason ?? "", until: (server.observeUntil as Date).toISOString() }
      : null,
    policy: { version: policy.version, digest: policy.digest, document: JSON.parse(policy.documentText) },
    approved: [],
    revokedCallers: [],
    stops: [],
    demandLogProof: false,
  };
  return seal("bundle", bundle);
}
