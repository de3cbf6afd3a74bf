import { eq, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { users } from "@/db/schema/auth";
import type { AnonymousContext } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { email as emailSchema } from "./email";
import { countAttempt, forgiveAttempt } from "./limits";
import { verifyPassword } from "./password";
import type { UserRow } from "./people";
import { refuseSignIn } from "./refuse-sign-in";

const WRONG = "This e-mail address and password do not fit together.";
const TOO_MANY = "Too many attempts. Wait a quarter of an hour, then try again.";

async function findByEmail(typed: string): Promise<UserRow | null> {
  const address = emailSchema.safeParse(typed);
  if (!address.success) return null;
  const [user] = await db()
    .select()
    .from(users)
    .where(eq(sql`lower(${users.email})`, address.data));
  return user ?? null;
}

function whyNot(user: UserRow | null, right: boolean): string {
  if (!user) return "unknown account";
  if (user.passwordHash === null) return "this account has no password";
  if (!right) return "wrong password";
  return "disabled account";
}

/**
 * The account that e-mail and password belong to. Throws `unauthenticated`, the same for every cause and after the same
 * work, or `rate_limited`. Both are recorded.
 */
export async function authenticate(
  context: AnonymousContext,
  typed: { email: string; password: string },
): Promise<UserRow> {
  const attempt = await countAttempt(typed.email.trim().toLowerCase(), context.ip);
  if (attempt.excess > 0) {
    // 1, 10, 100 … so that a flood is visible without filling the trail
    if (/^10*$/.test(String(attempt.excess))) {
      const reason = "too many attempts";
      await refuseSignIn(context, { provider: "password", account: null, reason, count: attempt.excess });
    }
    throw new AppError("rate_limited", TOO_MANY);
  }
  const user = await findByEmail(typed.email);
  const right = await verifyPassword(user?.passwordHash ?? null, typed.password);
  if (!user || !right || user.disabledAt !== null) {
    await refuseSignIn(context, { provider: "password", account: user, reason: whyNot(user, right) });
    throw new AppError("unauthenticated", WRONG);
  }
  await forgiveAttempt(attempt);
  return user;
}
