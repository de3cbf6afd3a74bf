import { sql } from "drizzle-orm";
import type { Role } from "@/agent/contract/vocabulary";
import { role as roleSchema } from "@/agent/contract/vocabulary";
import { db } from "@/db/client";
import type { AnonymousContext, Context, PersonContext, TokenContext } from "@/lib/core/context";
import { sha256 } from "@/lib/core/crypto";
import { AppError } from "@/lib/core/errors";
import { clientIp } from "@/lib/http/client-ip";
import { checkOrigin } from "@/lib/http/origin";
import { readSessionCookie } from "./session-cookie";

export interface SignedIn extends PersonContext {
  /** signed in with a password that somebody else chose: no role until it is changed */
  mustChangePassword: boolean;
}

const asRole = (text: string | null): Role | null => (text === null ? null : roleSchema.parse(text));

/** Who holds the session cookie, by the users row as it is now. Null: nobody, expired, revoked or disabled. */
export async function resolveSession(headers: Headers, httpRequestId: string): Promise<SignedIn | null> {
  const token = readSessionCookie(headers);
  if (!token) return null;
  const hash = sha256(token);
  const { rows } = await db().execute<{
    id: string;
    name: string;
    email: string;
    role: string | null;
    must_change_password: boolean;
  }>(sql`
    with seen as (
      update sessions set last_seen_at = now()
      where token_hash = ${hash} and expires > now() and last_seen_at < now() - interval '1 minute'
    )
    select u.id, u.name, u.email, u.role, u.must_change_password
    from sessions s join users u on u.id = s.user_id
    where s.token_hash = ${hash} and s.expires > now() and u.disabled_at is null`);
  const user = rows[0];
  if (!user) return null;
  return {
    type: "person",
    id: user.id,
    name: user.name,
    email: user.email,
    role: user.must_change_password ? null : asRole(user.role),
    mustChangePassword: user.must_change_password,
    sessionHash: hash,
    ip: clientIp(headers),
    httpRequestId,
  };
}

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

export function anonymousContext(headers: Headers, httpRequestId: string): AnonymousContext {
  const ip = clientIp(headers);
  return { type: "anonymous", id: `ip:${ip ?? "unknown"}`, name: "anonymous", role: null, ip, httpRequestId };
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
