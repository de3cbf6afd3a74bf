import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import type { Role } from "@/agent/contract/vocabulary";
import { GET as events } from "@/app/api/events/route";
import { GET as audit } from "@/app/api/v1/audit/route";
import { POST as tryPolicy } from "@/app/api/v1/policies/try/route";
import { POST as decision } from "@/app/api/v1/requests/[id]/decision/route";
import { GET as listRequests } from "@/app/api/v1/requests/route";
import { GET as status } from "@/app/api/v1/status/route";
import { GET as users } from "@/app/api/v1/users/route";
import { db } from "@/db/client";
import { stopListening } from "@/db/listen";
import { createToken } from "@/lib/auth/create-token";
import { updateUser } from "@/lib/auth/update-user";
import { holdCall } from "@/lib/requests/hold-call";
import { enrolServer } from "@/lib/servers/enrol-server";
import { account, Browser, system } from "../support/auth-client";
import { testDatabase } from "../support/database";
import { type EnrolledAgent, enrolledAgent, heldCall } from "../support/world";

type Person = Awaited<ReturnType<typeof somebody>>;

async function somebody(role: Role) {
  const made = await account(role);
  const browser = new Browser();
  expect(await browser.signIn(made.email)).toBe("ok");
  return { ...made, browser };
}

let owner: Person;
let member: Person;
let foreign: EnrolledAgent;
let members: EnrolledAgent;

beforeAll(async () => {
  await testDatabase();
  owner = await somebody("owner");
  member = await somebody("member");
  await enrolServer(system(), { server: "own-server", owner: member.email });
  foreign = await enrolledAgent("crm-memory");
  members = await enrolledAgent("own-server");
});

/** Reads a person's stream until `enough`, or its end. */
async function listen(browser: Browser) {
  const response = await events(browser.request("/api/events"));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = "";
  return async (enough: (text: string) => boolean) => {
    while (!enough(text)) {
      const { done, value } = await reader.read();
      if (done) return `${text}(closed)`;
      text += new TextDecoder().decode(value);
    }
    return text;
  };
}

describe("what a member hears", () => {
  it("names requests of their own servers only", async () => {
    const heard = await listen(member.browser);
    await heard((text) => text.includes("resync") || text.includes("ready"));
    const hidden = await holdCall(foreign.context, heldCall(foreign));
    const shown = await holdCall(members.context, heldCall(members));
    const text = await heard((all) => all.includes(shown.id));
    expect(text).not.toContain(hidden.id);
    expect(text).not.toContain(foreign.context.serverId);
  });

  it("ends at once when the session does", async () => {
    const leaving = await somebody("auditor");
    const heard = await listen(leaving.browser);
    await heard((text) => text.includes("ready"));
    await updateUser(system(), { id: leaving.id, disabled: true });
    expect(await heard(() => false)).toContain("(closed)");
  });

  it("counts the servers they own", async () => {
    expect((await member.browser.api(status, "/api/v1/status")).body.servers).toBe(1);
    expect((await owner.browser.api(status, "/api/v1/status")).body.servers).toBe(2);
  });
});

describe("a token", () => {
  const asToken = async (token: string, id: string, body: object) => {
    const request = new Request(`http://localhost:3000/api/v1/requests/${id}/decision`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    const response = await decision(request, { params: Promise.resolve({ id }) });
    return { status: response.status, body: await response.json() };
  };
  const makeToken = async () =>
    (
      await createToken({ ...(await owner.browser.context()), role: "owner" } as never, {
        name: "ci",
        role: "approver",
      })
    ).token;

  it("decides for whoever made it: marked as an own call, and recorded as what it is", async () => {
    const token = await makeToken();
    await db().execute(sql`update agents set owner_id = ${owner.id} where id = ${foreign.context.id}`);
    const held = await holdCall(foreign.context, heldCall(foreign));
    const decided = await asToken(token, held.id, { verdict: "deny", digest: held.digest, surface: "web" });
    expect(decided.body.votes).toMatchObject([{ voter: { type: "token" }, ownCall: true }]);
    const { rows } = await db().execute(sql`select surface from votes where request_id = ${held.id}`);
    expect(rows).toEqual([{ surface: "api" }]);
  });

  it("is no second pair of eyes for its maker, nor for what waited before it was made", async () => {
    await db().execute(sql`update installation set posture = 'four_eyes'`);
    const before = await holdCall(members.context, heldCall(members));
    const token = await makeToken();
    const own = await holdCall(foreign.context, heldCall(foreign));
    const others = await holdCall(members.context, heldCall(members));
    for (const held of [before, own]) {
      expect((await asToken(token, held.id, { verdict: "approve", digest: held.digest })).status).toBe(403);
    }
    expect((await asToken(token, others.id, { verdict: "approve", digest: others.digest })).status).toBe(200);
    await db().execute(sql`update installation set posture = 'single_operator'`);
  });
});

describe("what is malformed", () => {
  const cursor = (...parts: string[]) => Buffer.from(JSON.stringify(parts)).toString("base64url");

  it("is a 400, never an error of ours", async () => {
    const { browser } = owner;
    const bad = [
      await browser.api(listRequests, `/api/v1/requests?cursor=${cursor("2026-01-01T00:00:00Z", "a\0b")}`),
      await browser.api(listRequests, `/api/v1/requests?cursor=${cursor("0000-01-01T00:00:00Z", "req_a")}`),
      await browser.api(users, `/api/v1/users?cursor=${cursor("2026-01-01T00:00:00Z", "a\0b")}`),
      await browser.api(audit, "/api/v1/audit?from=0000-01-01T00:00:00Z"),
    ];
    expect(bad.map((answer) => [answer.status, answer.body.error?.code])).toEqual(
      bad.map(() => [400, "malformed"]),
    );
    const deep = new Request("http://localhost:3000/api/v1/policies/try", {
      method: "POST",
      headers: {
        cookie: [...browser.cookies].map((pair) => pair.join("=")).join("; "),
        origin: "http://localhost:3000",
      },
      body: `{"server":"x","document":${"[".repeat(100_000)}"\\u0000"${"]".repeat(100_000)}}`,
    });
    expect((await tryPolicy(deep, { params: Promise.resolve({}) })).status).toBe(400);
  });
});

describe("refusals at the border", () => {
  it("of sign-in addresses and streams are in the trail", async () => {
    const stranger = new Browser(`198.51.100.${Math.floor(Math.random() * 200)}`);
    await events(stranger.request("/api/events"));
    await stranger.auth("signout", {}, { origin: "https://evil.test" });
    const { rows } = await db().execute(
      sql`select subject_id, detail->>'code' as code from audit_entries where action = 'access.refuse' and ip = ${stranger.ip} order by time`,
    );
    expect(rows).toEqual([
      { subject_id: "/api/events", code: "unauthenticated" },
      { subject_id: "/api/auth/signout", code: "bad_origin" },
    ]);
    await stopListening();
  });
});
