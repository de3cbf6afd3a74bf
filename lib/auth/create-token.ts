import { sql } from "drizzle-orm";
import { apiTokens } from "@/db/schema/auth";
import { command } from "@/lib/core/command";
import { randomHex, sha256 } from "@/lib/core/crypto";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { requireRank } from "./people";
import { createTokenInput, hoursOf } from "./schemas";
import { tokenView } from "./token-view";

/** An API token; its text is handed back this once, and only its hash is kept. It ends with the account that made it. */
export const createToken = command({
  permission: "tokens.manage",
  action: "token.create",
  input: createTokenInput,
  subject: (i) => ({ subject: { type: "token", id: "new", name: i.name } }),
  run: async ({ tx, context, input: { name, role, expires } }) => {
    // Otherwise a leaked token could outlive its own revocation.
    if (context.type === "token")
      throw new AppError("forbidden", "A token cannot make tokens; a person must.");
    requireRank(context, role);
    const token = `ast_${randomHex(32)}`;
    const [row] = await tx
      .insert(apiTokens)
      .values({
        id: newId("tok"),
        name,
        role,
        tokenHash: sha256(token),
        createdBy: context.type === "person" ? context.id : null,
        expiresAt: expires === "never" ? null : sql`now() + make_interval(hours => ${hoursOf(expires)})`,
      })
      .returning();
    if (!row) throw new Error("the token was not written");
    const view = tokenView(row, context.type === "person" ? context.name : null);
    return {
      result: { ...view, token },
      entries: [
        {
          action: "token.create",
          subject: { type: "token", id: row.id, name },
          detail: { role, expiresAt: view.expiresAt },
        },
      ],
    };
  },
});
