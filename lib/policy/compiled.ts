import { eq } from "drizzle-orm";
import { compilePolicy, parsePolicy } from "@/agent/contract/policy";
import type { Tx } from "@/db/client";
import { policyVersions } from "@/db/schema/policy";
import { processShared } from "@/lib/core/shared";

type Evaluator = ReturnType<typeof compilePolicy>;
const compiled = () => processShared("assentry.policies", () => new Map<number, Evaluator>());

/** A published version, compiled once per process: versions never change. */
export async function policyOf(tx: Pick<Tx, "select">, version: number): Promise<Evaluator> {
  const cache = compiled();
  const known = cache.get(version);
  if (known) return known;
  const [row] = await tx.select().from(policyVersions).where(eq(policyVersions.version, version));
  if (!row) throw new Error(`policy version ${version} is missing`);
  const parsed = parsePolicy(JSON.parse(row.documentText));
  if (!parsed.ok) throw new Error(`policy version ${version} does not parse`);
  const evaluator = compilePolicy(parsed.document);
  cache.set(version, evaluator);
  return evaluator;
}
