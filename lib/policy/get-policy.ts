import { desc, eq, lt } from "drizzle-orm";
import { db } from "@/db/client";
import { policyVersions } from "@/db/schema/policy";
import { query } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { readInstallation } from "@/lib/core/installation";
import { getPolicyInput, listVersionsInput, type PolicyView } from "./schemas";

type Row = typeof policyVersions.$inferSelect;

const head = (row: Row) => ({
  version: row.version,
  digest: row.digest,
  publishedBy: row.publishedByName,
  publishedAt: row.createdAt.toISOString(),
  comment: row.comment,
});

function present(row: Row): PolicyView {
  return { ...head(row), document: JSON.parse(row.documentText) };
}

/** The policy in force. */
export const getPolicy = query({
  permission: "policies.read",
  input: getPolicyInput,
  async run({ input }): Promise<PolicyView> {
    const version = input.version ?? (await readInstallation()).policyVersion;
    const [row] = await db().select().from(policyVersions).where(eq(policyVersions.version, version));
    if (!row) throw new AppError("not_found", "There is no such version.");
    return present(row);
  },
});

/** Versions, newest first; the cursor is the last version shown. */
export const listPolicyVersions = query({
  permission: "policies.read",
  input: listVersionsInput,
  async run({ input }) {
    if (input.cursor && !/^[1-9]\d{0,8}$/.test(input.cursor)) {
      throw new AppError("malformed", "The cursor is not one of ours.");
    }
    const before = input.cursor ? Number(input.cursor) : null;
    const rows = await db()
      .select()
      .from(policyVersions)
      .where(before ? lt(policyVersions.version, before) : undefined)
      .orderBy(desc(policyVersions.version))
      .limit(input.limit + 1);
    const page = rows.slice(0, input.limit);
    return {
      items: page.map((row) => ({
        ...head(row),
        rules: (JSON.parse(row.documentText).rules as unknown[]).length,
      })),
      nextCursor: rows.length > input.limit ? String(page.at(-1)?.version) : null,
    };
  },
});
