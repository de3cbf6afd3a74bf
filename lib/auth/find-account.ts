import { and, eq } from "drizzle-orm";
import { db } from "@/db/client";
import { accounts, users } from "@/db/schema/auth";
import type { UserRow } from "./people";

export const OIDC = "oidc";

/** Accounts are told apart by issuer and subject; a subject alone means nothing at another issuer. */
export const accountIdAt = (issuer: string, subject: string): string =>
  `${issuer.replace(/\/+$/, "")}#${subject}`;

/** The user behind an OpenID account, or null the first time. */
export async function findAccount(issuer: string, subject: string): Promise<UserRow | null> {
  const [row] = await db()
    .select({ user: users })
    .from(accounts)
    .innerJoin(users, eq(users.id, accounts.userId))
    .where(and(eq(accounts.provider, OIDC), eq(accounts.providerAccountId, accountIdAt(issuer, subject))));
  return row?.user ?? null;
}
