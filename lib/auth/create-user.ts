import { users } from "@/db/schema/auth";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { hashPassword, oneTimePassword } from "./password";
import { requireRank, userSubject, userView } from "./people";
import { createUserInput } from "./schemas";

/** A local account. Without a password, a one-time one is made and handed back this once. */
export const createUser = command({
  permission: "users.manage",
  action: "user.create",
  input: createUserInput,
  subject: (i) => ({ subject: { type: "user", id: "new", name: i.email } }),
  run: async ({ tx, context, input }) => {
    requireRank(context, input.role);
    const oneTime = input.password === undefined ? oneTimePassword() : null;
    const [user] = await tx
      .insert(users)
      .values({
        id: newId("usr"),
        name: input.name ?? input.email.split("@")[0] ?? input.email,
        email: input.email,
        role: input.role,
        passwordHash: await hashPassword(input.password ?? oneTime ?? ""),
        mustChangePassword: oneTime !== null,
      })
      .onConflictDoNothing()
      .returning();
    if (!user) throw new AppError("conflict", "An account with this e-mail address exists already.");
    return {
      result: { user: userView(user), password: oneTime },
      entries: [
        {
          action: "user.create",
          subject: userSubject(user),
          detail: { role: user.role, provider: "password" },
        },
      ],
    };
  },
});
