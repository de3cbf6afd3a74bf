import { eq, isNull } from "drizzle-orm";
import { parsePolicy, unsatisfiableRules } from "@/agent/contract/policy";
import type { Role } from "@/agent/contract/vocabulary";
import { users } from "@/db/schema/auth";
import { installation, policyVersions } from "@/db/schema/policy";
import { command } from "@/lib/core/command";
import { sha256 } from "@/lib/core/crypto";
import { AppError } from "@/lib/core/errors";
import { advanceBundles, readInstallation } from "@/lib/core/installation";
import { publishInput } from "./schemas";

/**
 * Publishes a document as the next version and raises every bundle. 409 `stale_version` when somebody published since
 * `baseVersion`; 422 with the place of each bad rule, also of one that nobody could satisfy.
 */
export const publishPolicy = command({
  permission: "policies.publish",
  action: "policy.publish",
  input: publishInput,
  subject: (input) => ({
    subject: { type: "policy", id: String(input.baseVersion), name: `on version ${input.baseVersion}` },
  }),
  async run({ tx, context, input }) {
    const parsed = parsePolicy(input.document);
    if (!parsed.ok)
      throw new AppError("invalid", "The policy has mistakes; nothing was published.", {
        issues: [...parsed.issues],
      });
    const people = await tx
      .select({ email: users.email, role: users.role })
      .from(users)
      .where(isNull(users.disabledAt));
    const able = people.flatMap((p) => (p.role ? [{ email: p.email, role: p.role as Role }] : []));
    const stuck = unsatisfiableRules(parsed.document, able);
    if (stuck.length > 0) {
      throw new AppError("invalid", "A rule could be decided by nobody; nothing was published.", {
        issues: [...stuck],
      });
    }
    const [locked] = await tx.select().from(installation).where(eq(installation.id, 1)).for("update");
    const current = locked ?? (await readInstallation(tx));
    if (current.policyVersion !== input.baseVersion) {
      throw new AppError("stale_version", `Version ${current.policyVersion} was published meanwhile.`, {
        details: { version: current.policyVersion },
      });
    }
    const version = current.policyVersion + 1;
    const documentText = JSON.stringify(parsed.document);
    const digest = sha256(documentText);
    const [before] = await tx
      .select({ digest: policyVersions.digest })
      .from(policyVersions)
      .where(eq(policyVersions.version, current.policyVersion));
    const [row] = await tx
      .insert(policyVersions)
      .values({
        version,
        digest,
        documentText,
        comment: input.comment || null,
        publishedBy: context.id,
        publishedByName: context.name,
      })
      .returning();
    if (!row) throw new Error("the policy was not stored");
    await tx.update(installation).set({ policyVersion: version }).where(eq(installation.id, 1));
    await advanceBundles(tx);
    return {
      result: {
        version,
        digest,
        document: parsed.document as unknown as Record<string, unknown>,
        publishedBy: context.name,
        publishedAt: row.createdAt.toISOString(),
        comment: row.comment,
      },
      entries: [
        {
          action: "policy.publish",
          subject: { type: "policy", id: String(version), name: `version ${version}` },
          reason: input.comment || null,
          beforeDigest: before?.digest ?? null,
          afterDigest: digest,
          detail: { version, rules: parsed.document.rules.length },
        },
      ],
    };
  },
});
