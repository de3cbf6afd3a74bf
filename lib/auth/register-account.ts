import { sql } from "drizzle-orm";
import { z } from "zod";
import { accounts, users } from "@/db/schema/auth";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { email as emailSchema } from "./email";
import { accountIdAt, OIDC } from "./find-account";
import { userSubject } from "./people";

/** What a provider's userinfo says about somebody, as far as we listen. */
export const claims = z.object({
  sub: z.string().min(1).max(255),
  email: z.string().max(500).nullish(),
  email_verified: z.boolean().nullish(),
  name: z.string().max(500).nullish(),
});

/**
 * Makes a user without a role for an OpenID account that signs in for the first time. An e-mail address that somebody
 * here has already is `conflict`: an address at a provider proves nothing to us, so it links nothing.
 */
export const registerAccount = command({
  permission: "anonymous",
  action: "user.create",
  input: z.object({ issuer: z.url(), claims }),
  run: async ({ tx, input: { issuer, claims: c } }) => {
    const address = emailSchema.safeParse(c.email);
    if (!address.success || c.email_verified === false) {
      throw new AppError("invalid", "The provider gave no verified e-mail address for this account.");
    }
    const name =
      (c.name ?? "")
        .replace(/\p{C}+/gu, " ")
        .trim()
        .slice(0, 120) || address.data;
    const [user] = await tx
      .insert(users)
      .values({
        id: newId("usr"),
        name,
        email: address.data,
        emailVerified: c.email_verified ? sql`now()` : null,
      })
      .onConflictDoNothing()
      .returning();
    if (!user) throw new AppError("conflict", "This e-mail address already belongs to another account here.");
    const providerAccountId = accountIdAt(issuer, c.sub);
    await tx.insert(accounts).values({ userId: user.id, type: OIDC, provider: OIDC, providerAccountId });
    const subject = userSubject(user);
    return {
      result: user,
      entries: [
        { action: "user.create", subject, detail: { role: null, provider: OIDC } },
        { action: "user.link", subject, detail: { provider: issuer } },
      ],
    };
  },
});
