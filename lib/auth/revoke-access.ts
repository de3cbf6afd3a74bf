import { and, eq, inArray, isNull, ne, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { apiTokens, sessions } from "@/db/schema/auth";
import type { Recorded } from "@/lib/core/command";
import { notify } from "@/lib/core/installation";
import { type UserRow, userSubject } from "./people";

/** Ends a person's sessions (but one, if named) in the caller's transaction; hands back the entry to record, if any ended. */
export async function revokeSessionsOf(tx: Tx, user: UserRow, reason: string, but?: string | null) {
  const gone = await tx
    .delete(sessions)
    .where(and(eq(sessions.userId, user.id), but ? ne(sessions.tokenHash, but) : undefined))
    .returning({ expires: sessions.expires });
  if (gone.length > 0) await notify(tx, { t: "access" });
  const entries: Recorded[] =
    gone.length === 0
      ? []
      : [{ action: "session.revoke", subject: userSubject(user), reason, detail: { count: gone.length } }];
  return { count: gone.length, entries };
}

/** Ends the API tokens a person made, all or those of some roles: they must not outlive what their maker may do. */
export async function revokeTokensOf(
  tx: Tx,
  user: UserRow,
  reason: string,
  roles?: string[],
): Promise<Recorded[]> {
  const gone = await tx
    .update(apiTokens)
    .set({ revokedAt: sql`now()` })
    .where(
      and(
        eq(apiTokens.createdBy, user.id),
        isNull(apiTokens.revokedAt),
        roles ? inArray(apiTokens.role, roles) : undefined,
      ),
    )
    .returning({ id: apiTokens.id, name: apiTokens.name });
  if (gone.length > 0) await notify(tx, { t: "access" });
  return gone.map(({ id, name }) => ({
    action: "token.revoke",
    subject: { type: "token", id, name },
    reason,
  }));
}
