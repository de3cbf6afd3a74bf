import { asc, gt } from "drizzle-orm";
import { db } from "@/db/client";
import { users } from "@/db/schema/auth";
import { query } from "@/lib/core/command";
import type { Page } from "@/lib/core/paging";
import { cutPage, readCursor } from "./page-by-id";
import { userView } from "./people";
import { listUsersInput, type UserView } from "./schemas";

/** Everybody who has an account, oldest first. */
export const listUsers = query({
  permission: "users.read",
  input: listUsersInput,
  run: async ({ input: { limit, cursor } }): Promise<Page<UserView>> => {
    const after = readCursor(cursor);
    const rows = await db()
      .select()
      .from(users)
      .where(after ? gt(users.id, after) : undefined)
      .orderBy(asc(users.id))
      .limit(limit + 1);
    return cutPage(rows.map(userView), limit);
  },
});
