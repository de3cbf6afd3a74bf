import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { callDigestText } from "@/agent/contract/canonical";
import { scanJson } from "@/agent/contract/scan";
import { contentDigestHeader, signatureBase, signatureInput } from "@/agent/contract/signature";
import type { HoldInput } from "@/agent/contract/v1";
import { ROLES, type Role } from "@/agent/contract/vocabulary";
import type { Json, TestConsole } from "./console";

export interface Answer {
  status: number;
  body: Json;
  headers: Headers;
}
export type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

const hex = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");
const nonce = () => randomBytes(18).toString("base64url");
export const PASSWORD = "a long enough password";

/** Everything that the console answered in this file, for what must never be in it. */
export const answers: { who: string; text: string }[] = [];

/** Sends as somebody: `headers` say who. Every answer is kept. */
export function sender(console: TestConsole, who: string, given: Record<string, string>): Send {
  return async (method, path, body, headers) => {
    const response = await fetch(`${console.url}${path.startsWith("/api/") ? "" : "/api/v1"}${path}`, {
      method,
      redirect: "manual",
      headers: { "content-type": "application/json", ...given, ...headers },
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    answers.push({ who, text });
    return { status: response.status, body: text ? JSON.parse(text) : null, headers: response.headers };
  };
}

const cookiesOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");

/** A browser's session by password; returns the session cookie's value. */
export async function signIn(console: TestConsole, email: string, password: string): Promise<string> {
  const asked = await fetch(`${console.url}/api/auth/csrf`);
  const { csrfToken } = (await asked.json()) as { csrfToken: string };
  const response = await fetch(`${console.url}/api/auth/callback/credentials`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: console.url, cookie: cookiesOf(asked), "x-auth-return-redirect": "1" },
    body: new URLSearchParams({ email, password, csrfToken, callbackUrl: "/" }),
  });
  const session = /assentry\.session=([0-9a-f]{64})/.exec(cookiesOf(response))?.[1];
  if (!session) throw new Error(`no session for ${email}: ${response.status} ${await response.text()}`);
  return session;
}

export const asSession = (console: TestConsole, who: string, session: string): Send =>
  sender(console, who, { cookie: `assentry.session=${session}`, origin: console.url });
export const asToken = (console: TestConsole, who: string, token: string): Send =>
  sender(console, who, { authorization: `Bearer ${token}` });

export interface Somebody {
  role: Role;
  id: string;
  email: string;
  session: string;
  bySession: Send;
  token: string;
  byToken: Send;
}

/** One person of each role with a session, and one API token of each role. */
export async function everyRole(console: TestConsole, owner: Send): Promise<Record<Role, Somebody>> {
  const made = await Promise.all(
    ROLES.map(async (role): Promise<[Role, Somebody]> => {
      const email = `${role}.of.all@example.test`;
      const created = await owner("POST", "/users", { email, role, name: `The ${role}`, password: PASSWORD });
      const token = (await owner("POST", "/tokens", { name: `for ${role}`, role })).body.token as string;
      const session = await signIn(console, email, PASSWORD);
      return [
        role,
        {
          role,
          id: created.body.user.id,
          email,
          session,
          bySession: asSession(console, `${role} by session`, session),
          token,
          byToken: asToken(console, `${role} by token`, token),
        },
      ];
    }),
  );
  return Object.fromEntries(made) as Record<Role, Somebody>;
}

export class SignedAgent {
  readonly instance = `ins_${randomBytes(8).toString("hex")}`;
  private seq = 0;
  constructor(
    readonly id: string,
    readonly serverId: string,
    private readonly key: KeyObject,
    private readonly url: string,
  ) {}

  /** Enrols a key of its own by a fresh token, over HTTP. */
  static async enrol(console: TestConsole, owner: Send, server: string, ownerEmail?: string) {
    const made = await owner("POST", "/servers", { server, ...(ownerEmail ? { owner: ownerEmail } : {}) });
    const pair = generateKeyPairSync("ed25519");
    const { body } = await sender(console, "agent", {})("POST", "/api/agent/v1/enroll", {
      token: made.body.token,
      server,
      publicKey: pair.publicKey.export({ format: "jwk" }).x,
      agentVersion: "0.1.0",
      host: { hostname: "test-host", platform: "linux", osUser: "tester" },
    });
    return new SignedAgent(body.agentId, body.serverId, pair.privateKey, console.url);
  }

  async post(path: string, input: unknown): Promise<Answer> {
    const body = JSON.stringify(input);
    const contentDigest = contentDigestHeader(createHash("sha256").update(body).digest("base64"));
    const params = { created: Math.floor(Date.now() / 1000), nonce: nonce(), keyId: this.id };
    const target = { method: "POST", path: `/api/agent/v1${path}`, query: "", contentDigest };
    const signature = sign(null, Buffer.from(signatureBase(target, params)), this.key).toString("base64");
    const headers = {
      "content-type": "application/json",
      "content-digest": contentDigest,
      "signature-input": signatureInput(params),
      signature: `sig1=:${signature}:`,
    };
    const response = await fetch(`${this.url}${target.path}`, { method: "POST", headers, body });
    return { status: response.status, body: await response.json(), headers: response.headers };
  }

  /** Has a destructive call held, as the shipped policy wants it. */
  async hold(args: object = {}, tool = "delete_entities") {
    const paramsText = JSON.stringify({ name: tool, arguments: args });
    const input: HoldInput = {
      instance: this.instance,
      nonce: nonce(),
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
      callDigest: hex(callDigestText("tools/call", scanJson(paramsText))),
      policyVersion: 1,
    };
    const { status, body } = await this.post("/requests", input);
    if (status !== 200) throw new Error(`not held: ${JSON.stringify(body)}`);
    return { id: body.id as string, digest: body.digest as string, input };
  }

  async report(...events: object[]): Promise<Answer> {
    const numbered = events.map((event) => {
      this.seq += 1;
      return { seq: this.seq, event: { at: new Date().toISOString(), ...event } };
    });
    return this.post("/events", { instance: this.instance, position: null, events: numbered });
  }

  claim(held: { id: string; input: HoldInput }) {
    const { nonce: attempt, callDigest, tool } = held.input;
    const toolDigest = tool?.digest ?? null;
    return this.post(`/requests/${held.id}/claim`, {
      instance: this.instance,
      nonce: attempt,
      callDigest,
      toolDigest,
    });
  }
}

export const sha256 = hex;
