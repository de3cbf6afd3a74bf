import { and, eq } from "drizzle-orm";
import { UNKNOWN_TOOL } from "@/agent/contract/classify";
import { compilePolicy, parsePolicy } from "@/agent/contract/policy";
import { ScanError, scanJson } from "@/agent/contract/scan";
import type { RiskClass, Tier } from "@/agent/contract/vocabulary";
import { db } from "@/db/client";
import { servers } from "@/db/schema/servers";
import { tools } from "@/db/schema/tools";
import { query } from "@/lib/core/command";
import { AppError } from "@/lib/core/errors";
import { readInstallation } from "@/lib/core/installation";
import { policyOf } from "@/lib/policy/compiled";
import { type TryOutput, tryInput } from "./schemas";

async function evaluatorOf(document: unknown) {
  if (document === undefined) return policyOf(db(), (await readInstallation()).policyVersion);
  const parsed = parsePolicy(document);
  if (!parsed.ok) throw new AppError("invalid", "The draft has mistakes.", { issues: [...parsed.issues] });
  return compilePolicy(parsed.document);
}

/** What one call would meet under a draft, or under the policy in force when no draft is given. Changes nothing. */
export const tryCall = query({
  permission: "policies.read",
  input: tryInput,
  async run({ input }): Promise<TryOutput> {
    const evaluator = await evaluatorOf(input.document);
    let args: ReturnType<typeof scanJson>;
    try {
      args = scanJson(input.argumentsText, { lineBreaks: "allow" });
    } catch (error) {
      if (!(error instanceof ScanError)) throw error;
      throw new AppError("invalid", "The arguments are not strict JSON.", {
        issues: [{ path: "argumentsText", message: error.message }],
      });
    }
    const [known] = input.tool
      ? await db()
          .select({ tool: tools })
          .from(tools)
          .innerJoin(servers, eq(servers.id, tools.serverId))
          .where(and(eq(servers.name, input.server), eq(tools.name, input.tool)))
      : [];
    const facts = known
      ? {
          riskClass: known.tool.riskClass as RiskClass,
          tier: known.tool.tier as Tier,
          annotations: known.tool.annotations ?? undefined,
        }
      : { riskClass: UNKNOWN_TOOL.riskClass, tier: UNKNOWN_TOOL.tier };
    const result = evaluator.evaluate({
      direction: "client",
      method: input.method,
      server: { name: input.server },
      tool: input.tool ? { name: input.tool, ...facts } : undefined,
      caller: { id: input.caller, name: input.caller, kind: "os_user" },
      args,
    });
    return {
      effect: result.effect,
      tier: result.tier,
      rule: result.rule,
      reasons: [...result.reasons],
      conditionErrors: [...result.conditionErrors],
      flagged: result.flagged,
      timeLimitMinutes: result.hold?.timeLimitMinutes ?? null,
      deciders: result.hold
        ? [...(result.hold.deciders.roles ?? []), ...(result.hold.deciders.people ?? [])]
        : [],
      toolKnown: known !== undefined,
    };
  },
});
