import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { z } from "zod";
import {
  contentDigestHeader,
  parseSignature,
  parseSignatureInput,
  SIGNATURE_WINDOW_SECONDS,
  signatureBase,
} from "@/agent/contract/signature";
import { db } from "@/db/client";
import { agentNonces, agents, servers } from "@/db/schema/servers";
import type { AgentContext, AnonymousContext, Context } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { processShared } from "@/lib/core/shared";
import { clientIp } from "./client-ip";
import { noteRefusal } from "./refusals";
import { errorResponse, json, parseJson, readBody } from "./respond";

const refuse = (message: string) => new AppError("unauthenticated", message);

function checkClock(created: number): void {
  const now = Date.now();
  if (Math.abs(now / 1000 - created) <= SIGNATURE_WINDOW_SECONDS) return;
  throw new AppError("clock_skew", "The signature is too old or from the future: compare the clocks.", {
    details: { time: new Date(now).toISOString() },
  });
}

const MOST_KEYS = 10_000;

/** The key that an agent enrolled with, which never changes. */
async function keyOf(agentId: string): Promise<KeyObject> {
  const known = processShared("assentry.agentKeys", () => new Map<string, KeyObject>());
  let key = known.get(agentId);
  if (key) return key;
  const [row] = await db().select({ x: agents.publicKey }).from(agents).where(eq(agents.id, agentId));
  if (!row) throw refuse("This agent is not enrolled.");
  key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: row.x }, format: "jwk" });
  if (known.size >= MOST_KEYS) known.clear();
  known.set(agentId, key);
  return key;
}

interface Admitted extends Record<string, unknown> {
  id: string;
  server_id: string;
  server: string;
  hostname: string;
  fresh: boolean;
}

/** Uses up the nonce of a verified request, and reads in the same statement whether the agent may still speak. */
async function admit(agentId: string, nonce: string): Promise<Admitted> {
  const { rows } = await db().execute<Admitted>(sql`
    with fresh as (insert into ${agentNonces} (agent_id, nonce) values (${agentId}, ${nonce}) on conflict do nothing returning 1)
    select a.id, a.server_id, s.name as server, a.hostname, exists (select 1 from fresh) as fresh
    from ${agents} a join ${servers} s on s.id = a.server_id where a.id = ${agentId} and a.revoked_at is null`);
  const [agent] = rows;
  if (!agent) throw refuse("This agent is not enrolled.");
  if (!agent.fresh) throw refuse("This signed request was seen before.");
  return agent;
}

/** RFC 9421: digest of the body, signature by the enrolled key, fresh, and never seen before. */
async function authenticate(request: Request, body: Buffer, httpRequestId: string): Promise<AgentContext> {
  const params = parseSignatureInput(request.headers.get("signature-input") ?? "");
  const signature = parseSignature(request.headers.get("signature") ?? "");
  if (!params || !signature) throw refuse("This endpoint takes signed requests of enrolled agents only.");
  checkClock(params.created);
  const contentDigest = contentDigestHeader(createHash("sha256").update(body).digest("base64"));
  if (request.headers.get("content-digest") !== contentDigest)
    throw refuse("The content digest is not that of the body.");
  const key = await keyOf(params.keyId);
  const url = new URL(request.url);
  const base = signatureBase(
    { method: request.method, path: url.pathname, query: url.search.slice(1), contentDigest },
    params,
  );
  if (!verify(null, Buffer.from(base), key, Buffer.from(signature, "base64")))
    throw refuse("The signature does not verify.");
  const agent = await admit(params.keyId, params.nonce);
  return {
    type: "agent",
    id: agent.id,
    name: `${agent.server} on ${agent.hostname}`,
    role: null,
    serverId: agent.server_id,
    ip: clientIp(request.headers),
    httpRequestId,
  };
}

interface RouteContext {
  /** undefined for a route without a dynamic segment */
  params: Promise<Record<string, string | string[] | undefined> | undefined>;
}
type Handler = (context: AgentContext, input: unknown, request: Request) => Promise<Response>;

async function handle(
  request: Request,
  path: RouteContext["params"],
  work: (body: Buffer, httpRequestId: string, note: (c: Context) => void) => Promise<Response>,
): Promise<Response> {
  const httpRequestId = newId("http");
  let context: Context | null = null;
  try {
    await path;
    return await work(await readBody(request), httpRequestId, (c) => {
      context = c;
    });
  } catch (error) {
    await noteRefusal(context, request, error, httpRequestId);
    return errorResponse(error, httpRequestId);
  }
}

async function inputOf(body: Buffer, path: RouteContext["params"]): Promise<Record<string, unknown>> {
  const given = parseJson(body, "replace");
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new AppError("malformed", "The body must be a JSON object.");
  }
  const { id } = (await path) ?? {};
  return id === undefined ? { ...given } : { ...given, id };
}

/** Signed request → agent context → verb → JSON. */
export function agentRoute<I, O>(spec: {
  verb: (context: Context, input: I) => Promise<O>;
  output: z.ZodType<O>;
}) {
  return (request: Request, { params }: RouteContext): Promise<Response> =>
    handle(request, params, async (body, httpRequestId, note) => {
      const context = await authenticate(request, body, httpRequestId);
      note(context);
      const result = await spec.verb(context, (await inputOf(body, params)) as I);
      return json(spec.output.parse(result), 200, httpRequestId);
    });
}

/** Signed request → agent context → a response of the handler's own (the stream). */
export function agentStreamRoute(handler: Handler) {
  return (request: Request, { params }: RouteContext): Promise<Response> =>
    handle(request, params, async (body, httpRequestId, note) => {
      const context = await authenticate(request, body, httpRequestId);
      note(context);
      return handler(context, await inputOf(body, params), request);
    });
}

/** Enrolment: nobody is known yet; the token in the body is the authority. */
export function enrolRoute<I, O>(spec: {
  verb: (context: Context, input: I) => Promise<O>;
  output: z.ZodType<O>;
}) {
  return (request: Request, { params }: RouteContext): Promise<Response> =>
    handle(request, params, async (body, httpRequestId, note) => {
      const ip = clientIp(request.headers);
      const context: AnonymousContext = {
        type: "anonymous",
        id: `ip:${ip ?? "unknown"}`,
        name: "enrolling agent",
        role: null,
        ip,
        httpRequestId,
      };
      note(context);
      const result = await spec.verb(context, (await inputOf(body, params)) as I);
      return json(spec.output.parse(result), 200, httpRequestId);
    });
}
