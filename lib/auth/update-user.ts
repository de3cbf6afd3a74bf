import { and, eq, isNull, ne, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/auth";
import { command, type Recorded } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { requireRank, roleOf, type UserRow, userSubject, userView } from "./people";
import { revokeSessionsOf, revokeTokensOf } from "./revoke-access";
import { updateUserInput } from "./schemas";

/** Somebody must be able to repair everything: locks the owners, so that two of them cannot take each other away at once. */
async function requireAnotherOwner(tx: Tx, user: UserRow): Promise<void> {
  const others = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.role, "owner"), isNull(users.disabledAt), ne(users.id, user.id)))
    .orderBy(users.id)
    .for("update");
  if (others.length === 0) throw new AppError("conflict", "The last owner must stay.");
}

/** Tokens that the new role could not make. */
const ABOVE: Record<string, string[] | undefined> = { owner: [], admin: ["owner"] };

/** Gives a name or role, disables or enables. A changed role or a disabled account ends that person's sessions with it. */
export const updateUser = command({
  permission: "users.manage",
  action: "user.update",
  input: updateUserInput,
  subject: (i) => ({ subject: { type: "user", id: i.id, name: i.id } }),
  run: async ({ tx, context, input }) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('assentry owners', 0))`);
    const [user] = await tx.select().from(users).where(eq(users.id, input.id)).for("update");
    if (!user) throw new AppError("not_found", "There is no such account.");
    requireRank(context, roleOf(user.role), input.role ?? null);
    const role = input.role === undefined ? user.role : input.role;
    const disabled = input.disabled ?? user.disabledAt !== null;
    const roleChanges = role !== user.role;
    const nowDisabled = disabled && user.disabledAt === null;
    if (user.id === context.id && (roleChanges || nowDisabled)) {
      throw new AppError("forbidden", "Nobody changes their own role or disables themselves.");
    }
    if (user.role === "owner" && user.disabledAt === null && (roleChanges || nowDisabled)) {
      await requireAnotherOwner(tx, user);
    }
    const [updated] = await tx
      .update(users)
      .set({
        name: input.name ?? user.name,
        role,
        roleSince: roleChanges ? sql`now()` : user.roleSince,
        disabledAt: disabled ? (user.disabledAt ?? sql`now()`) : null,
      })
      .where(eq(users.id, user.id))
      .returning();
    if (!updated) throw new Error("a locked row went away");
    const change: Recorded = {
      action: "user.update",
      subject: userSubject(updated),
      detail: { role, before: user.role, disabled: input.disabled },
    };
    const entries: [Recorded, ...Recorded[]] = [change];
    if (roleChanges || nowDisabled) {
      const reason = nowDisabled ? "account disabled" : "role changed";
      entries.push(...(await revokeSessionsOf(tx, updated, reason)).entries);
      const tooHigh = nowDisabled ? undefined : ABOVE[role ?? ""];
      if (tooHigh?.length !== 0) entries.push(...(await revokeTokensOf(tx, updated, reason, tooHigh)));
    }
    return { result: userView(updated), entries };
  },
});
