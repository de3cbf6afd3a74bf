import { eq } from "drizzle-orm";
import { z } from "zod";
import { db } from "@/db/client";
import { users } from "@/db/schema/auth";
import { command, parseInput, type Verb } from "@/lib/core/command";
import type { Context } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { countAttempt, forgiveAttempt } from "./limits";
import { hashPassword, verifyPassword } from "./password";
import { userSubject } from "./people";
import { revokeSessionsOf } from "./revoke-access";
import { changePasswordInput, type done } from "./schemas";

const WRONG = "The present password is not right.";
const failure = z.enum(["rate_limited", "invalid"]);

/** What became of the present password; hashing happens before the transaction, which must not wait for it. */
const proof = z.union([z.object({ failure }), z.object({ before: z.string(), after: z.string() })]);

async function prove(
  context: Context,
  input: { current: string; password: string },
): Promise<z.infer<typeof proof>> {
  const attempt = await countAttempt(context.id, context.ip);
  if (attempt.excess > 0) return { failure: "rate_limited" };
  const [user] = await db().select().from(users).where(eq(users.id, context.id));
  const before = user?.passwordHash ?? null;
  if (!(await verifyPassword(before, input.current)) || before === null) return { failure: "invalid" };
  await forgiveAttempt(attempt);
  return { before, after: await hashPassword(input.password) };
}

const replacePassword = command({
  permission: "person",
  action: "user.password",
  input: proof,
  run: async ({ tx, context, input }) => {
    if ("failure" in input) {
      if (input.failure === "rate_limited") {
        throw new AppError("rate_limited", "Too many attempts. Wait a quarter of an hour.");
      }
      throw new AppError("invalid", WRONG, { issues: [{ path: "current", message: WRONG }] });
    }
    const [user] = await tx.select().from(users).where(eq(users.id, context.id)).for("update");
    if (!user || user.passwordHash !== input.before) {
      throw new AppError("conflict", "The password was changed at this moment by somebody else.");
    }
    const passwordHash = input.after;
    await tx.update(users).set({ passwordHash, mustChangePassword: false }).where(eq(users.id, user.id));
    const own = context.type === "person" ? context.sessionHash : null;
    const revoked = await revokeSessionsOf(tx, user, "password changed", own);
    return {
      result: { ok: true as const },
      entries: [{ action: "user.password", subject: userSubject(user) }, ...revoked.entries],
    };
  },
});

/** One's own password, by the present one; ends every other session. Guessing is limited like signing in. */
export const changePassword: Verb<unknown, z.infer<typeof done>> = Object.assign(
  async (context: Context, raw: unknown) => {
    // Refused and recorded by the command, whatever the input is.
    if (context.type !== "person") return replacePassword(context, { failure: "invalid" });
    const input = parseInput(changePasswordInput, raw);
    if (input.current === input.password)
      throw new AppError("invalid", "The new password must be another one.");
    return replacePassword(context, await prove(context, input));
  },
  { kind: "command" as const },
);
