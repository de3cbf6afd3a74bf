import { asc, eq, gt } from "drizzle-orm";
import { db } from "@/db/client";
import { apiTokens, users } from "@/db/schema/auth";
import { query } from "@/lib/core/command";
import type { Page } from "@/lib/core/paging";
import { cutPage, readCursor } from "./page-by-id";
import { listTokensInput, type TokenView } from "./schemas";
import { tokenView } from "./token-view";

/** Every API token ever made, revoked ones too, oldest first; never the token itself. */
export const listTokens = query({
  permission: "tokens.read",
  input: listTokensInput,
  run: async ({ input: { limit, cursor } }): Promise<Page<TokenView>> => {
    const after = readCursor(cursor);
    const rows = await db()
      .select({ token: apiTokens, creator: users.name })
      .from(apiTokens)
      .leftJoin(users, eq(users.id, apiTokens.createdBy))
      .where(after ? gt(apiTokens.id, after) : undefined)
      .orderBy(asc(apiTokens.id))
      .limit(limit + 1);
    return cutPage(
      rows.map(({ token, creator }) => tokenView(token, creator)),
      limit,
    );
  },
});
