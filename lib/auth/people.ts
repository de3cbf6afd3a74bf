import type { Role } from "@/agent/contract/vocabulary";
import { role as roleSchema } from "@/agent/contract/vocabulary";
import type { users } from "@/db/schema/auth";
import type { Context, PersonContext } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import type { Subject } from "@/lib/core/record";
import type { UserView } from "./schemas";

export type UserRow = typeof users.$inferSelect;

export const userSubject = (user: Pick<UserRow, "id" | "name">): Subject => ({
  type: "user",
  id: user.id,
  name: user.name,
});

export const roleOf = (text: string | null): Role | null => (text === null ? null : roleSchema.parse(text));

/** Column by column: the password's hash never leaves with the row. */
export function userView(user: UserRow): UserView {
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    role: roleOf(user.role),
    disabled: user.disabledAt !== null,
    mustChangePassword: user.mustChangePassword,
    hasPassword: user.passwordHash !== null,
    createdAt: user.createdAt.toISOString(),
  };
}

/** The person who is signing in at this moment, as the actor of their own entries. */
export function personContext(
  user: UserRow,
  via: Pick<Context, "ip" | "httpRequestId">,
  sessionHash: string | null,
): PersonContext {
  const { id, name, email } = user;
  const { ip, httpRequestId } = via;
  return { type: "person", id, name, email, role: roleOf(user.role), sessionHash, ip, httpRequestId };
}

/** Nobody gives, or takes from others, what is above them: only an owner (or the command line) touches owners. */
export function requireRank(context: Context, ...roles: (Role | null)[]): void {
  if (context.type === "system" || context.role === "owner") return;
  if (roles.includes("owner")) throw new AppError("forbidden", "Only an owner may give or change this role.");
  if (context.role !== "admin") throw new AppError("forbidden", "Your role does not allow this.");
}
