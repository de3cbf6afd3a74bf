import { createHash, createPublicKey, verify } from "node:crypto";
import { eq } from "drizzle-orm";
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

/** RFC 9421: digest of the body, signature by the enrolled key, fresh, and never seen before. */
async function authenticate(request: Request, body: Buffer, httpRequestId: string): Promise<AgentContext> {
  const params = parseSignatureInput(request.headers.get("signature-input") ?? "");
  const signature = parseSignature(request.headers.get("signature") ?? "");
  if (!params || !signature) throw refuse("This endpoint takes signed requests of enrolled agents only.");
  checkClock(params.created);
  const contentDigest = contentDigestHeader(createHash("sha256").update(body).digest("base64"));
  if (request.headers.get("content-digest") !== contentDigest)
    throw refuse("The content digest is not that of the body.");
  const [row] = await db()
    .select({ agent: agents, serverName: servers.name })
    .from(agents)
    .innerJoin(servers, eq(servers.id, agents.serverId))
    .where(eq(agents.id, params.keyId));
  if (!row || row.agent.revokedAt) throw refuse("This agent is not enrolled.");
  const url = new URL(request.url);
  const base = signatureBase(
    { method: request.method, path: url.pathname, query: url.search.slice(1), contentDigest },
    params,
  );
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: row.agent.publicKey }, format: "jwk" });
  if (!verify(null, Buffer.from(base), key, Buffer.from(signature, "base64")))
    throw refuse("The signature does not verify.");
  const fresh = await db()
    .insert(agentNonces)
    .values({ agentId: params.keyId, nonce: params.nonce })
    .onConflictDoNothing()
    .returning();
  if (fresh.length === 0) throw refuse("This signed request was seen before.");
  return {
    type: "agent",
    id: row.agent.id,
    name: `${row.serverName} on ${row.agent.hostname}`,
    role: null,
    serverId: row.agent.serverId,
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
