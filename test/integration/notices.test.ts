import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { callDigestText } from "@/agent/contract/canonical";
import { scanJson } from "@/agent/contract/scan";
import { db } from "@/db/client";
import { startBackground, stopBackground } from "@/lib/background";
import { sha256 } from "@/lib/core/crypto";
import { resetEnv } from "@/lib/core/env";
import { newId } from "@/lib/core/ids";
import { agentStream } from "@/lib/intake/stream";
import { takeEvents } from "@/lib/intake/take-events";
import { channelStatus, undelivered } from "@/lib/notices/channel-status";
import { deliverNotices } from "@/lib/notices/deliver";
import { claimRelease } from "@/lib/requests/claim-release";
import { decide } from "@/lib/requests/decide";
import { getRequest } from "@/lib/requests/get-request";
import { holdCall } from "@/lib/requests/hold-call";
import { waitFor } from "../support/console";
import { testDatabase } from "../support/database";
import { mailReceiver } from "../support/mail-receiver";
import { webhookReceiver } from "../support/webhook-receiver";
import { type EnrolledAgent, enrolledAgent, heldCall, person } from "../support/world";

const CONSOLE = "https://console.example.test";
const MARKER = "MARKER-of-the-caller-4f1d";
const HOSTILE = `delete\r\nBcc: thief@evil.test\r\n\r\n${MARKER.toLowerCase()}\u202Efdp.exe\u2066\u200B https://evil.test/<b>approve</b>`;

let mail: Awaited<ReturnType<typeof mailReceiver>>;
let hook: Awaited<ReturnType<typeof webhookReceiver>>;
let agent: EnrolledAgent;
let owner: Awaited<ReturnType<typeof person>>;
let approver: Awaited<ReturnType<typeof person>>;

interface NoticeRow extends Record<string, unknown> {
  id: string;
  channel: string;
  kind: string;
  state: string;
  attempts: number;
  last_error: string | null;
  wait: number;
  took: number;
}

async function rowsOf(requestId: string): Promise<NoticeRow[]> {
  const { rows } = await db().execute<NoticeRow>(sql`
    select id, channel, kind, state, attempts, last_error, extract(epoch from next_attempt_at - now())::float8 as wait,
      extract(epoch from delivered_at - created_at)::float8 as took
    from notices where request_id = ${requestId} order by channel, id`);
  return rows;
}

async function entries(action: string, requestId: string) {
  const { rows } = await db().execute<{ detail: Record<string, unknown>; outcome: string }>(
    sql`select detail, outcome from audit_entries where action = ${action} and request_id = ${requestId} order by id`,
  );
  return rows;
}

const settled = (requestId: string, test: (row: NoticeRow) => boolean) =>
  waitFor(async () => {
    const rows = await rowsOf(requestId);
    return rows.length > 0 && rows.every(test) && rows;
  });

/** As if the delay had passed. */
const makeDue = (requestId: string) =>
  db().execute(sql`update notices set next_attempt_at = now() where request_id = ${requestId}`);

const hooksOf = (requestId: string) => hook.hooks.filter((h) => h.event.data.id === requestId);
const mailsOf = (requestId: string) => mail.mails.filter((m) => m.text.includes(`/requests/${requestId}`));

/** What the operator set, changed while the process runs. */
function configure(variables: Record<string, string>) {
  Object.assign(process.env, variables);
  resetEnv();
}
const open = () => ({
  ASSENTRY_SMTP_URL: mail.url,
  ASSENTRY_WEBHOOK_URL: hook.url,
  ASSENTRY_OUTBOUND_ALLOW: hook.host,
});

beforeAll(async () => {
  [mail, hook] = await Promise.all([mailReceiver(), webhookReceiver()]);
  await testDatabase({
    ...open(),
    AUTH_URL: CONSOLE,
    ASSENTRY_WEBHOOK_SECRET: hook.secret,
    ASSENTRY_MAIL_FROM: "Assentry <assentry@console.example.test>",
  });
  [owner, approver] = [await person("owner"), await person("approver")];
  await person("auditor");
  await person("member");
  agent = await enrolledAgent("crm-memory");
  await startBackground();
});
afterAll(() => stopBackground());
afterEach(() => {
  hook.mode = "take";
  mail.refuses = false;
  configure(open());
});

describe("a hold's notice", () => {
  it("reaches each person who may decide, and the webhook once, within 5 s of the hold", async () => {
    const held = await holdCall(agent.context, heldCall(agent));
    expect(held.warning).toBeNull();
    const rows = await settled(held.id, (row) => row.state === "delivered");
    expect(rows.map((row) => row.channel)).toEqual(["email", "email", "webhook"]);
    for (const row of rows) expect(row.took).toBeLessThan(5);

    const mails = mailsOf(held.id);
    expect(mails.map((m) => m.to).sort()).toEqual([[approver.email], [owner.email]]);
    for (const { headers, text } of mails) {
      expect(headers.subject).toMatch(
        /^\[Assentry\] high: delete_entities on crm-memory waits for a decision \((29|30) minutes left\)$/,
      );
      expect(text).toContain("Server  crm-memory");
      expect(text).toContain("Tool    delete_entities");
      expect(text).toContain("Tier    high");
      expect(text).toContain(`${CONSOLE}/requests/${held.id}\r\n`);
    }
    const [seen, ...more] = hooksOf(held.id);
    expect(more).toEqual([]);
    expect(seen?.verified).toBe(true);
    expect(seen?.event).toMatchObject({
      type: "request.held",
      data: {
        id: held.id,
        state: "pending",
        server: "crm-memory",
        tool: "delete_entities",
        tier: "high",
        url: `${CONSOLE}/requests/${held.id}`,
      },
    });
    expect(seen?.event.data.secondsLeft).toBeGreaterThan(29 * 60);
    expect(await entries("notice.deliver", held.id)).toHaveLength(3);
    expect((await getRequest(owner, { id: held.id })).notices).toMatchObject({ delivered: 3, failed: 0 });
  });

  it("carries no text of the caller's, no header of the server's, and nothing that could be a link but ours", async () => {
    const paramsText = JSON.stringify({ name: HOSTILE, arguments: { note: MARKER, password: MARKER } });
    const call = heldCall(agent, { tool: HOSTILE, paramsText });
    call.callDigest = sha256(callDigestText("tools/call", scanJson(paramsText)));
    call.caller = { ...call.caller, name: MARKER };
    call.client = { name: MARKER, version: MARKER, protocolVersion: null };
    const held = await holdCall(agent.context, call);
    await settled(held.id, (row) => row.state === "delivered");

    const mails = mailsOf(held.id);
    expect(mails.map((m) => m.to).sort()).toEqual([[approver.email], [owner.email]]);
    for (const { raw, headers, text } of mails) {
      expect(Object.keys(headers).sort()).toEqual([
        "auto-submitted",
        "content-transfer-encoding",
        "content-type",
        "date",
        "from",
        "message-id",
        "mime-version",
        "subject",
        "to",
        "x-assentry-notice",
      ]);
      expect(headers["content-type"]).toContain("text/plain");
      for (const part of [raw, headers.subject, text]) expect(part).not.toContain(MARKER);
      const links = [...text.matchAll(/\S+:\/\/\S+|\b[\w-]+\.(test|exe)\b/g)].map(([link]) => link);
      expect(links).toEqual([`${CONSOLE}/requests/${held.id}`]);
      expect(`${headers.subject}${text}`).not.toMatch(/[<>@]|[^\P{C}\r\n]/u);
    }
    const [seen] = hooksOf(held.id);
    expect(seen?.verified).toBe(true);
    expect(seen?.raw).not.toContain(MARKER);
    expect(seen?.event.data.tool).toMatch(/^delete·Bcc·thief·evil\.test·[\w·./-]+…?$/);
  });

  it("is tried again with back-off under the same id, and meanwhile the waiting client is told", async () => {
    hook.mode = "fail";
    mail.refuses = true;
    const waiting = await listen(agent);
    const held = await holdCall(agent.context, heldCall(agent));
    const failed = await settled(held.id, (row) => row.attempts >= 1 && row.last_error !== null);
    expect(failed.map((row) => row.last_error)).toEqual([
      "the mail relay did not take the sender or the recipient (451)",
      "the mail relay did not take the sender or the recipient (451)",
      "the webhook's receiver answered 500",
    ]);
    expect(await undelivered(held.id)).toMatch(/No notice could be delivered/);
    const told = await waitFor(async () => waiting.find((h) => h.id === held.id && h.reason));
    expect(told).toMatchObject({ state: "pending", reason: expect.stringMatching(/No notice could be/) });
    expect((await getRequest(owner, { id: held.id })).notices).toMatchObject({ delivered: 0, failed: 3 });
    const recorded = await entries("notice.fail", held.id);
    expect(recorded.map((entry) => entry.outcome)).toEqual(["failed", "failed", "failed"]);
    expect(recorded[2]?.detail).toMatchObject({ attempts: 1 });

    await db().execute(
      sql`update notices set attempts = 5, last_error = null, next_attempt_at = now() where request_id = ${held.id}`,
    );
    const later = await settled(held.id, (row) => row.attempts === 6 && row.last_error !== null);
    for (const row of later) expect(row.wait).toBeGreaterThan(32);

    hook.mode = "take";
    mail.refuses = false;
    await makeDue(held.id);
    await settled(held.id, (row) => row.state === "delivered");
    expect(await undelivered(held.id)).toBeNull();
    const sent = hooksOf(held.id);
    expect(sent.length).toBeGreaterThan(2);
    expect(new Set(sent.map((h) => h.id)).size).toBe(1);
    expect(sent.every((h) => h.verified)).toBe(true);
    expect(mailsOf(held.id)).toHaveLength(2);
    const status = await channelStatus(owner, {});
    expect(status.channels.every((channel) => channel.configured && channel.lastError === null)).toBe(true);
  });

  it("is given up after long, which is recorded, and never before the call could lapse by default", async () => {
    hook.mode = "fail";
    const held = await holdCall(agent.context, heldCall(agent));
    await waitFor(async () => (await rowsOf(held.id)).some((row) => row.last_error !== null));
    await db().execute(sql`update notices set attempts = 14, next_attempt_at = now()
      where request_id = ${held.id} and channel = 'webhook'`);
    const rows = await waitFor(async () => {
      const found = await rowsOf(held.id);
      return found.find((row) => row.state === "failed");
    });
    expect(rows).toMatchObject({ channel: "webhook", attempts: 15 });
    const recorded = await entries("notice.fail", held.id);
    expect(recorded.map((entry) => entry.detail.attempts)).toEqual([1, 15]);
    const delays = Array.from({ length: 14 }, (_, i) => Math.min(300, 2 * 2 ** i));
    expect(delays.reduce((sum, s) => sum + s, 0)).toBeGreaterThan(30 * 60);
  });

  it("is in one process's hands while it is being sent", async () => {
    hook.mode = "wait";
    const held = await holdCall(agent.context, heldCall(agent));
    await waitFor(async () => hook.waiting.length > 0);
    const [row] = (await rowsOf(held.id)).filter((r) => r.channel === "webhook");
    expect(row).toMatchObject({ state: "queued", attempts: 1 });
    expect(row?.wait).toBeGreaterThan(15);
    expect(await deliverNotices("webhook")).toBe(0);
    for (const response of hook.waiting.splice(0)) response.writeHead(200).end();
    await settled(held.id, (r) => r.state === "delivered");
    expect(hooksOf(held.id)).toHaveLength(1);
  });

  it("is not sent once the call is decided, nor to somebody who may not decide any more", async () => {
    hook.mode = "fail";
    mail.refuses = true;
    const [decided, still] = [
      await holdCall(agent.context, heldCall(agent)),
      await holdCall(agent.context, heldCall(agent)),
    ];
    for (const { id } of [decided, still]) await settled(id, (row) => row.last_error !== null);
    await decide(owner, { id: decided.id, verdict: "deny", digest: decided.digest });
    await db().execute(sql`update users set role = 'member' where id = ${approver.id}`);
    hook.mode = "take";
    mail.refuses = false;
    const before = hook.hooks.length;
    for (const { id } of [decided, still]) await makeDue(id);
    const gone = await settled(decided.id, (row) => row.state !== "queued");
    expect(gone.filter((row) => row.kind === "held").map((row) => row.state)).toEqual(
      Array.from({ length: 3 }, () => "obsolete"),
    );
    const rest = await settled(still.id, (row) => row.state !== "queued");
    expect(rest.map((row) => row.state).sort()).toEqual(["delivered", "delivered", "obsolete"]);
    expect(mailsOf(still.id).map((m) => m.to)).toEqual([[owner.email]]);
    const after = hook.hooks.slice(before).filter((h) => h.event.data.id === decided.id);
    expect(after.map((h) => h.event.type)).toEqual(["request.ended"]);
    await db().execute(sql`update users set role = 'approver' where id = ${approver.id}`);
  });
});

describe("the outcome", () => {
  it("is told to the decider when the call has ended, and not before", async () => {
    const call = heldCall(agent);
    const held = await holdCall(agent.context, call);
    await settled(held.id, (row) => row.state === "delivered");
    await decide(approver, { id: held.id, verdict: "approve", digest: held.digest });
    const { id } = held;
    const { instance } = agent;
    const claim = { id, instance, nonce: call.nonce, callDigest: call.callDigest };
    const flush = () => Promise.all([deliverNotices("email"), deliverNotices("webhook")]);
    expect(await flush()).toEqual([0, 0]);
    await claimRelease(agent.context, { ...claim, toolDigest: call.tool?.digest ?? null });
    expect(await flush()).toEqual([0, 0]);
    expect([mailsOf(id).length, hooksOf(id).length]).toEqual([2, 1]);

    const finished = {
      type: "call.finished" as const,
      at: new Date().toISOString(),
      call: newId("ins"),
      request: id,
      outcome: "executed" as const,
      resultFingerprint: null,
      durationMs: 12,
    };
    await takeEvents(agent.context, { instance, position: null, events: [{ seq: 1, event: finished }] });
    await settled(id, (row) => row.state === "delivered");
    const last = mailsOf(id).at(-1);
    expect(last?.to).toEqual([approver.email]);
    expect(last?.headers.subject).toBe("[Assentry] delete_entities on crm-memory was executed");
    const [, ended] = hooksOf(id);
    expect(ended?.verified).toBe(true);
    expect(ended?.event).toMatchObject({ type: "request.ended", data: { id, state: "executed" } });
    expect(mailsOf(id)).toHaveLength(3);
  });
});

describe("what the waiting client hears at once", () => {
  it("is a warning when nobody may decide; the webhook still goes out", async () => {
    await db().execute(sql`update users set disabled_at = now()`);
    const held = await holdCall(agent.context, heldCall(agent));
    expect(held).toMatchObject({ eligible: 0, warning: expect.stringMatching(/^Nobody who may decide/) });
    const rows = await settled(held.id, (row) => row.state === "delivered");
    expect(rows.map((row) => row.channel)).toEqual(["webhook"]);
    await db().execute(sql`update users set disabled_at = null`);
  });

  it("is a warning when no notice is set up", async () => {
    configure({ ASSENTRY_SMTP_URL: "", ASSENTRY_WEBHOOK_URL: "" });
    const held = await holdCall(agent.context, heldCall(agent));
    expect(held).toMatchObject({ warning: expect.stringMatching(/^No notice is sent/) });
    expect(await rowsOf(held.id)).toEqual([]);
  });
});

describe("the way out", () => {
  it("follows no redirect", async () => {
    hook.mode = "redirect";
    const held = await holdCall(agent.context, heldCall(agent));
    const row = await waitFor(async () => (await rowsOf(held.id)).find((r) => r.last_error));
    expect(row.last_error).toBe("the webhook's receiver answered 302");
    expect(hooksOf(held.id).map((h) => h.path)).toEqual(["/hook"]);
  });

  it("reaches a private address only if the operator named it", async () => {
    configure({ ASSENTRY_OUTBOUND_ALLOW: "" });
    const held = await holdCall(agent.context, heldCall(agent));
    const row = await waitFor(async () => (await rowsOf(held.id)).find((r) => r.last_error));
    expect(row.last_error).toMatch(/^the webhook: 127\.0\.0\.1 lies in a private network/);
    expect(hooksOf(held.id)).toEqual([]);
    configure({ ASSENTRY_OUTBOUND_ALLOW: hook.host });
    await makeDue(held.id);
    await waitFor(async () => hooksOf(held.id).length === 1);
  });

  it("takes no secret that signs nothing", () => {
    expect(() => configure({ ASSENTRY_WEBHOOK_SECRET: "whsec_short" })).not.toThrow();
    return expect(holdCall(agent.context, heldCall(agent))).rejects.toThrow(/ASSENTRY_WEBHOOK_SECRET/);
  });
});

/** Opens the agent's stream as its process would, and collects the hints about requests. */
async function listen(enrolled: EnrolledAgent) {
  const hints: { id: string; state: string; reason: string | null }[] = [];
  const request = new Request("http://localhost/api/agent/v1/stream", { method: "POST" });
  const response = await agentStream(request, enrolled.context, {
    instance: {
      id: enrolled.instance,
      pid: 1,
      startedAt: new Date().toISOString(),
      transport: "stdio",
      upstream: "stdio",
      agentVersion: "0.1.0",
    },
    nonce: newId("ins").slice(4),
    waiting: [],
  });
  void (async () => {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const events = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) {
        const data = /^event: request\ndata: (.*)$/.exec(event)?.[1];
        if (data) hints.push(JSON.parse(data));
      }
    }
  })();
  return hints;
}
