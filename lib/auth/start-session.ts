import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { sessions, users } from "@/db/schema/auth";
import { command, type Recorded } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { userSubject } from "./people";
import { SESSION_SECONDS } from "./session-cookie";

const input = z.object({
  userId: z.string(),
  tokenHash: z.string(),
  provider: z.enum(["password", "oidc"]),
  /** the hash that the typed password was compared with: if it has changed since, the sign-in does not count */
  passwordHash: z.string().nullable(),
  userAgent: z.string().nullable(),
  /** the session that this browser had until now */
  replaces: z.string().nullable(),
});

/** A session for somebody who has just proved who they are. Answers when it ends. */
export const startSession = command({
  permission: "person",
  action: "session.create",
  input,
  subject: (i) => ({ subject: { type: "user", id: i.userId, name: i.userId } }),
  run: async ({ tx, context, input: i }) => {
    const [user] = await tx.select().from(users).where(eq(users.id, i.userId)).for("share");
    if (user?.id !== context.id || user.disabledAt !== null) {
      throw new AppError("forbidden", "This account may not sign in.");
    }
    if (i.provider === "password" && user.passwordHash !== i.passwordHash) {
      throw new AppError("conflict", "The password was changed at this moment; sign in again.");
    }
    const replaced = i.replaces
      ? await tx
          .delete(sessions)
          .where(eq(sessions.tokenHash, i.replaces))
          .returning({ userId: sessions.userId })
      : [];
    await tx.delete(sessions).where(sql`user_id = ${user.id} and expires < now()`);
    const userAgent = i.userAgent?.slice(0, 300) ?? null;
    const [session] = await tx
      .insert(sessions)
      .values({
        tokenHash: i.tokenHash,
        userId: user.id,
        expires: sql`now() + make_interval(secs => ${SESSION_SECONDS})`,
        ip: context.ip,
        userAgent,
      })
      .returning({ expires: sessions.expires });
    if (!session) throw new Error("the session was not written");
    const subject = userSubject(user);
    const created: Recorded = {
      action: "session.create",
      subject,
      detail: { provider: i.provider, userAgent: userAgent ?? undefined },
    };
    const revoked: Recorded[] = replaced.map(({ userId }) => ({
      action: "session.revoke",
      subject: userId === user.id ? subject : { type: "user", id: userId, name: userId },
      reason: "replaced by a new sign-in in the same browser",
      detail: { count: 1 },
    }));
    return { result: { expires: session.expires }, entries: [created, ...revoked] };
  },
});
