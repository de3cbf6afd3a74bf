import { sql } from "drizzle-orm";
import { role as roleSchema } from "@/agent/contract/vocabulary";
import { db } from "@/db/client";
import type { AnonymousContext, PersonContext } from "@/lib/core/context";
import { sha256 } from "@/lib/core/crypto";
import { clientIp } from "@/lib/http/client-ip";
import { readSessionCookie } from "./session-cookie";

export interface SignedIn extends PersonContext {
  /** signed in with a password that somebody else chose: no role until it is changed */
  mustChangePassword: boolean;
}

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
    role: user.must_change_password ? null : roleSchema.nullable().parse(user.role),
    mustChangePassword: user.must_change_password,
    sessionHash: hash,
    ip: clientIp(headers),
    httpRequestId,
  };
}

export function anonymousContext(headers: Headers, httpRequestId: string): AnonymousContext {
  const ip = clientIp(headers);
  return { type: "anonymous", id: `ip:${ip ?? "unknown"}`, name: "anonymous", role: null, ip, httpRequestId };
}
