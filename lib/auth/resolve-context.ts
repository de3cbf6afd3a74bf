import { sql } from "drizzle-orm";
import { role as roleSchema } from "@/agent/contract/vocabulary";
import { db } from "@/db/client";
import type { Context, TokenContext } from "@/lib/core/context";
import { sha256 } from "@/lib/core/crypto";
import { AppError } from "@/lib/core/errors";
import { clientIp } from "@/lib/http/client-ip";
import { checkOrigin } from "@/lib/http/origin";
import { anonymousContext, resolveSession } from "./resolve-session";

const BAD_TOKEN = "This API token is unknown, revoked or expired.";

async function resolveToken(header: string, headers: Headers, httpRequestId: string): Promise<TokenContext> {
  const token = /^Bearer (ast_[0-9a-f]{64})$/i.exec(header)?.[1];
  if (!token) throw new AppError("unauthenticated", "Send `Authorization: Bearer ast_…`, or sign in.");
  const hash = sha256(token);
  const { rows } = await db().execute<{ id: string; name: string; role: string }>(sql`
    with used as (
      update api_tokens set last_used_at = now()
      where token_hash = ${hash} and revoked_at is null and (expires_at is null or expires_at > now())
        and (last_used_at is null or last_used_at < now() - interval '1 minute')
    )
    select id, name, role from api_tokens
    where token_hash = ${hash} and revoked_at is null and (expires_at is null or expires_at > now())`);
  const row = rows[0];
  if (!row) throw new AppError("unauthenticated", BAD_TOKEN);
  return {
    type: "token",
    id: row.id,
    name: row.name,
    role: roleSchema.parse(row.role),
    ip: clientIp(headers),
    httpRequestId,
  };
}

/**
 * Who sends this request: an API token, else the session cookie's person (a change must then come from our own pages),
 * else nobody. An Authorization header that does not hold is `unauthenticated`, never passed over for the cookie.
 * One SQL statement.
 */
export async function resolveContext(request: Request, httpRequestId: string): Promise<Context> {
  const { headers } = request;
  const authorization = headers.get("authorization");
  if (authorization !== null) return resolveToken(authorization, headers, httpRequestId);
  const person = await resolveSession(headers, httpRequestId);
  if (!person) return anonymousContext(headers, httpRequestId);
  checkOrigin(request);
  return person;
}
