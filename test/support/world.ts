import { generateKeyPairSync } from "node:crypto";
import { sql } from "drizzle-orm";
import { callDigestText } from "@/agent/contract/canonical";
import { scanJson } from "@/agent/contract/scan";
import type { HoldInput } from "@/agent/contract/v1";
import type { Role } from "@/agent/contract/vocabulary";
import { db } from "@/db/client";
import { users } from "@/db/schema/auth";
import type { AgentContext, AnonymousContext, PersonContext } from "@/lib/core/context";
import { systemContext } from "@/lib/core/context";
import { sha256 } from "@/lib/core/crypto";
import { newId } from "@/lib/core/ids";
import { enrolAgent } from "@/lib/servers/enrol-agent";
import { enrolServer } from "@/lib/servers/enrol-server";

let people = 0;

/** A person with a role, in the database and as the context of their requests. */
export async function person(role: Role): Promise<PersonContext> {
  people += 1;
  const row = { id: newId("usr"), name: `${role} ${people}`, email: `${role}${people}@example.test`, role };
  await db().insert(users).values(row);
  return { ...row, type: "person", sessionHash: null, ip: "127.0.0.1", httpRequestId: newId("http") };
}

/** An enrolled agent with its key, and one instance. */
export async function enrolledAgent(server: string) {
  const system = systemContext("test", newId("http"));
  const { token } = await enrolServer(system, { server });
  const pair = generateKeyPairSync("ed25519");
  const publicKey = pair.publicKey.export({ format: "jwk" }).x as string;
  const anonymous: AnonymousContext = { ...system, type: "anonymous", id: "ip:127.0.0.1" };
  const enrolled = await enrolAgent(anonymous, {
    token,
    server,
    publicKey,
    agentVersion: "0.1.0",
    host: { hostname: "test-host", platform: "linux", osUser: "tester" },
  });
  const context: AgentContext = {
    type: "agent",
    id: enrolled.agentId,
    name: `${server} on test-host`,
    role: null,
    serverId: enrolled.serverId,
    ip: "127.0.0.1",
    httpRequestId: newId("http"),
  };
  return { context, instance: newId("ins"), privateKey: pair.privateKey, token, enrolled, server };
}
export type EnrolledAgent = Awaited<ReturnType<typeof enrolledAgent>>;

/** Says that the agent's instance is alive right now, as its stream would. */
export async function touchInstance(agent: EnrolledAgent): Promise<void> {
  await db().execute(sql`insert into agent_instances (id, agent_id, last_seen_at) values (${agent.instance}, ${agent.context.id}, now() + interval '1 hour')
    on conflict (agent_id, id) do update set last_seen_at = excluded.last_seen_at`);
}

let calls = 0;

/** What an agent posts for a destructive call that the shipped policy holds. */
export function heldCall(
  agent: EnrolledAgent,
  given: { paramsText?: string; tool?: string } = {},
): HoldInput {
  calls += 1;
  const tool = given.tool ?? "delete_entities";
  const paramsText =
    given.paramsText ?? `{"name":"${tool}","arguments":{"entityNames":["Northwind ${calls}"]}}`;
  return {
    instance: agent.instance,
    nonce: newId("ins").slice(4),
    caller: { key: "os:tester", kind: "os_user", name: "tester" },
    client: { name: "test-client", version: "1.0.0", protocolVersion: "2025-06-18" },
    method: "tools/call",
    tool: {
      name: tool,
      digest: "a".repeat(64),
      riskClass: "destructive",
      tier: "high",
      reasons: ["named like a deletion"],
      annotations: null,
    },
    paramsText,
    callDigest: sha256(callDigestText("tools/call", scanJson(paramsText))),
    policyVersion: 1,
  };
}
