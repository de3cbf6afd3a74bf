import { and, eq, ne, sql } from "drizzle-orm";
import { sessions } from "@/db/schema/auth";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { notify } from "@/lib/core/installation";
import { noInput, revokeSessionInput } from "./schemas";

const subjectOf = (context: { id: string; name: string }) => ({
  type: "user",
  id: context.id,
  name: context.name,
});

/** Ends one of one's own sessions, by the id that the list shows. */
export const revokeSession = command({
  permission: "person",
  action: "session.revoke",
  input: revokeSessionInput,
  run: async ({ tx, context, input: { id } }) => {
    const gone = await tx
      .delete(sessions)
      .where(and(eq(sessions.userId, context.id), sql`left(${sessions.tokenHash}, 32) = ${id}`))
      .returning({ ip: sessions.ip });
    if (gone.length === 0) throw new AppError("not_found", "You have no such session.");
    await notify(tx, { t: "access" });
    return {
      result: { revoked: gone.length },
      entries: [{ action: "session.revoke", subject: subjectOf(context), detail: { count: gone.length } }],
    };
  },
});

/** Ends all one's own sessions but the one that asks. */
export const revokeOtherSessions = command({
  permission: "person",
  action: "session.revoke",
  input: noInput,
  run: async ({ tx, context }) => {
    const own = context.type === "person" ? context.sessionHash : null;
    const gone = await tx
      .delete(sessions)
      .where(and(eq(sessions.userId, context.id), own ? ne(sessions.tokenHash, own) : undefined))
      .returning({ ip: sessions.ip });
    await notify(tx, { t: "access" });
    return {
      result: { revoked: gone.length },
      entries: [{ action: "session.revoke", subject: subjectOf(context), detail: { count: gone.length } }],
    };
  },
});
