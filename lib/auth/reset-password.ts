import { eq } from "drizzle-orm";
import { users } from "@/db/schema/auth";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { hashPassword, oneTimePassword } from "./password";
import { requireRank, roleOf, userSubject, userView } from "./people";
import { revokeSessionsOf } from "./revoke-access";
import { resetPasswordInput } from "./schemas";

/** A one-time password for somebody who lost theirs; handed back this once, ends all their sessions. */
export const resetPassword = command({
  permission: "users.manage",
  action: "user.password",
  input: resetPasswordInput,
  subject: (i) => ({ subject: { type: "user", id: i.id, name: i.id } }),
  run: async ({ tx, context, input }) => {
    const password = oneTimePassword();
    const passwordHash = await hashPassword(password);
    const [user] = await tx.select().from(users).where(eq(users.id, input.id)).for("update");
    if (!user) throw new AppError("not_found", "There is no such account.");
    requireRank(context, roleOf(user.role));
    if (user.id === context.id)
      throw new AppError("forbidden", "Change your own password with the present one.");
    if (user.passwordHash === null) {
      throw new AppError("conflict", "This account signs in through the OpenID provider only.");
    }
    const [updated] = await tx
      .update(users)
      .set({ passwordHash, mustChangePassword: true })
      .where(eq(users.id, user.id))
      .returning();
    if (!updated) throw new Error("a locked row went away");
    const revoked = await revokeSessionsOf(tx, user, "password reset");
    return {
      result: { user: userView(updated), password },
      entries: [{ action: "user.password", subject: userSubject(user), reason: "reset" }, ...revoked.entries],
    };
  },
});
