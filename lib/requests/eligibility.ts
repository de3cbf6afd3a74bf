import { and, eq, isNull, sql } from "drizzle-orm";
import type { Role } from "@/agent/contract/vocabulary";
import type { Tx } from "@/db/client";
import { apiTokens, users } from "@/db/schema/auth";
import type { HoldSnapshot } from "@/db/schema/requests";
import type { Context } from "@/lib/core/context";
import { allows } from "@/lib/core/permissions";

export type Posture = HoldSnapshot["postureAtOpen"];

interface Asked {
  hold: HoldSnapshot;
  posture: Posture;
  agentOwnerId: string | null;
  createdAt: Date;
}
interface Candidate {
  /** the person who decides: a token decides for whoever made it; null: the command line made it */
  actsFor: string | null;
  email: string | null;
  role: Role | null;
  /** when the role was given, or the token made */
  roleSince: Date | null;
}

/**
 * Null when the candidate may decide, else why not. Pure. In four eyes nobody decides for an agent they own,
 * and nobody decides what already waited when they got their role (decision 18).
 */
export function whyNot(candidate: Candidate, asked: Asked): string | null {
  if (!allows(candidate.role, "requests.decide")) return "Your role does not decide requests.";
  const { roles, people } = asked.hold.deciders;
  const named = candidate.email !== null && people.includes(candidate.email.toLowerCase());
  if (!named && !(candidate.role !== null && roles.includes(candidate.role))) {
    return "The rule that held this call names others to decide it.";
  }
  if (asked.posture === "four_eyes") {
    if (candidate.actsFor !== null && candidate.actsFor === asked.agentOwnerId)
      return "You own the agent that asks: somebody else decides (four eyes).";
    if (candidate.roleSince && candidate.roleSince > asked.createdAt) {
      return "You got your role after this call was made (four eyes).";
    }
  }
  return null;
}

/** Everybody who may decide: enabled people with their role, by name. */
export async function eligiblePeople(tx: Pick<Tx, "select">, asked: Asked) {
  const rows = await tx
    .select({
      id: users.id,
      name: users.name,
      email: users.email,
      role: users.role,
      roleSince: users.roleSince,
    })
    .from(users)
    .where(and(isNull(users.disabledAt), sql`${users.role} is not null`))
    .orderBy(users.name)
    .limit(1000);
  return rows
    .map((row) => ({ ...row, role: row.role as Role }))
    .filter((row) => whyNot({ ...row, actsFor: row.id }, asked) === null);
}

/** The context as a candidate; null for actors that never decide. */
export async function asCandidate(tx: Pick<Tx, "select">, context: Context): Promise<Candidate | null> {
  if (context.type === "token") {
    const [row] = await tx
      .select({ createdBy: apiTokens.createdBy, createdAt: apiTokens.createdAt })
      .from(apiTokens)
      .where(eq(apiTokens.id, context.id));
    const { createdBy = null, createdAt = null } = row ?? {};
    return { actsFor: createdBy, email: null, role: context.role, roleSince: createdAt };
  }
  if (context.type !== "person") return null;
  const [row] = await tx.select({ roleSince: users.roleSince }).from(users).where(eq(users.id, context.id));
  return { actsFor: context.id, email: context.email, role: context.role, roleSince: row?.roleSince ?? null };
}
