import { and, eq, isNull, sql } from "drizzle-orm";
import { apiTokens } from "@/db/schema/auth";
import { command } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { notify } from "@/lib/core/installation";
import { revokeTokenInput } from "./schemas";
import { tokenView } from "./token-view";

/** Ends a token at once: the next request that carries it is refused. */
export const revokeToken = command({
  permission: "tokens.manage",
  action: "token.revoke",
  input: revokeTokenInput,
  subject: (i) => ({ subject: { type: "token", id: i.id, name: i.id } }),
  run: async ({ tx, input: { id } }) => {
    const [row] = await tx
      .update(apiTokens)
      .set({ revokedAt: sql`now()` })
      .where(and(eq(apiTokens.id, id), isNull(apiTokens.revokedAt)))
      .returning();
    if (!row) {
      const [standing] = await tx.select({ id: apiTokens.id }).from(apiTokens).where(eq(apiTokens.id, id));
      if (!standing) throw new AppError("not_found", "There is no such token.");
      throw new AppError("conflict", "This token is revoked already.");
    }
    await notify(tx, { t: "access" });
    return {
      result: tokenView(row, null),
      entries: [{ action: "token.revoke", subject: { type: "token", id, name: row.name } }],
    };
  },
});
