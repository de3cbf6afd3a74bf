import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { contentDigestHeader, signatureBase, signatureInput } from "@/agent/contract/signature";
import { POST } from "@/app/api/agent/v1/events/route";
import { db } from "@/db/client";
import { agents } from "@/db/schema/servers";
import { testDatabase } from "../support/database";
import { type EnrolledAgent, enrolledAgent } from "../support/world";

const URL = "http://localhost/api/agent/v1/events";
let count = 0;

interface Spoken {
  key?: KeyObject;
  keyId?: string;
  nonce?: string;
  created?: number;
  sentBody?: string;
}

/** What an agent's POST gets: status and the error's code and message. */
async function speak(agent: EnrolledAgent, spoken: Spoken = {}) {
  const body = JSON.stringify({ instance: agent.instance, position: null, events: [] });
  const contentDigest = contentDigestHeader(createHash("sha256").update(body).digest("base64"));
  const params = {
    created: spoken.created ?? Math.floor(Date.now() / 1000),
    nonce: spoken.nonce ?? `nonce-of-a-test-${String(++count).padStart(4, "0")}`,
    keyId: spoken.keyId ?? agent.context.id,
  };
  const path = "/api/agent/v1/events";
  const base = signatureBase({ method: "POST", path, query: "", contentDigest }, params);
  const headers = {
    "content-digest": contentDigest,
    "signature-input": signatureInput(params),
    signature: `sig1=:${sign(null, Buffer.from(base), spoken.key ?? agent.privateKey).toString("base64")}:`,
  };
  const request = new Request(URL, { method: "POST", headers, body: spoken.sentBody ?? body });
  const response = await POST(request, { params: Promise.resolve({}) });
  const { error } = await response.json();
  return { status: response.status, code: error?.code, message: error?.message ?? "" };
}

describe("a signed request of an agent", () => {
  let agent: EnrolledAgent;
  beforeAll(async () => {
    await testDatabase();
    agent = await enrolledAgent("signed");
  });

  it("is taken once; a copy of it is refused", async () => {
    const nonce = "this-nonce-is-used-twice";
    expect((await speak(agent, { nonce })).status).toBe(200);
    const copy = await speak(agent, { nonce });
    expect(copy).toMatchObject({ status: 401, code: "unauthenticated" });
    expect(copy.message).toContain("seen before");
  });

  it("is refused under another key, and uses up no nonce of the agent", async () => {
    const nonce = "this-nonce-was-only-tried";
    const { privateKey } = generateKeyPairSync("ed25519");
    expect((await speak(agent, { key: privateKey, nonce })).status).toBe(401);
    expect((await speak(agent, { nonce })).status).toBe(200);
  });

  it("is refused for an unknown agent, for another body and when it is old", async () => {
    expect((await speak(agent, { keyId: "agt_00000000000000" })).status).toBe(401);
    expect((await speak(agent, { sentBody: "{}" })).status).toBe(401);
    const old = await speak(agent, { created: Math.floor(Date.now() / 1000) - 120 });
    expect(old).toMatchObject({ status: 401, code: "clock_skew" });
  });

  it("is refused from the moment the agent is revoked", async () => {
    const other = await enrolledAgent("revoked");
    expect((await speak(other)).status).toBe(200);
    await db().update(agents).set({ revokedAt: sql`now()` }).where(eq(agents.id, other.context.id));
    expect(await speak(other)).toMatchObject({ status: 401, message: "This agent is not enrolled." });
  });
});
