import { z } from "zod";
import { compileCondition, MAX_CONDITION } from "./policy-cel";
import { compileGlob, globProblem } from "./policy-glob";
import { effect, riskClass, tier } from "./vocabulary";

const glob = z.string().superRefine((pattern, context) => {
  const problem = globProblem(pattern);
  if (problem !== null) context.addIssue({ code: "custom", message: problem });
});
const globs = (max: number) => z.array(glob).min(1, "an empty list matches nothing").max(max);
const minutes = z.int().min(1).max(1440);

/** Roles that may decide a held call. */
export const DECIDER_ROLES = ["owner", "admin", "approver"] as const;

export const deciders = z
  .strictObject({
    roles: z.array(z.enum(DECIDER_ROLES)).max(3).optional(),
    people: z.array(z.string().trim().toLowerCase().max(254).pipe(z.email())).max(100).optional(),
  })
  .refine((given) => (given.roles?.length ?? 0) + (given.people?.length ?? 0) > 0, "nobody could decide");
export type Deciders = z.infer<typeof deciders>;

export const ruleMatch = z.strictObject({
  methods: globs(20).default(["tools/call"]),
  servers: globs(50).optional(),
  tools: globs(100).optional(),
  classes: z.array(riskClass).min(1).max(5).optional(),
  annotations: z
    .strictObject({
      readOnlyHint: z.boolean().optional(),
      destructiveHint: z.boolean().optional(),
      idempotentHint: z.boolean().optional(),
      openWorldHint: z.boolean().optional(),
    })
    .optional(),
  callers: globs(100).optional(),
  direction: z.enum(["client", "server"]).default("client"),
});

export const rule = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, "lower-case letters, digits and hyphens, at most 60"),
  name: z.string().trim().min(1).max(80).optional(),
  match: ruleMatch,
  when: z.string().min(1).max(MAX_CONDITION).optional(),
  effect,
  tier: tier.optional(),
  reason: z.string().trim().min(1).max(300).optional(),
  hold: z
    .strictObject({
      timeLimitMinutes: minutes.optional(),
      approvalMinutes: minutes.optional(),
      deciders: deciders.optional(),
    })
    .optional(),
});
export type Rule = z.infer<typeof rule>;

const offlineChoice = z.enum(["allow", "refuse"]);

export const policyDocument = z.strictObject({
  version: z.literal(1),
  rules: z.array(rule).max(200),
  /** what a call meets whose tool nobody has approved */
  unapproved: z.enum(["ignore", "hold", "deny"]).default("ignore"),
  /** what passes while the console is out of reach, until the bundle ends */
  offline: z
    .strictObject({ read: offlineChoice.default("allow"), other: offlineChoice.default("refuse") })
    .prefault({}),
  hold: z
    .strictObject({
      timeLimitMinutes: minutes.default(30),
      approvalMinutes: minutes.default(15),
      deciders: deciders.default({ roles: [...DECIDER_ROLES] }),
    })
    .prefault({}),
});
export type PolicyDocument = z.infer<typeof policyDocument>;

export interface PolicyIssue {
  /** e.g. `rules[3].when`; empty for the document itself */
  readonly path: string;
  readonly message: string;
}
export type ParsedPolicy =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly issues: PolicyIssue[] };

const place = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}${text && "."}${String(key)}`),
    "",
  );

function ruleIssues(given: Rule, at: string): PolicyIssue[] {
  const issues: PolicyIssue[] = [];
  const { match, when, hold } = given;
  if (when !== undefined) {
    const compiled = compileCondition(when);
    if ("problem" in compiled)
      issues.push({ path: `${at}.when`, message: `The condition ${compiled.problem}.` });
  }
  if (!match.methods.some((pattern) => compileGlob(pattern)("tools/call")))
    for (const key of ["tools", "classes", "annotations"] as const)
      if (match[key] !== undefined)
        issues.push({
          path: `${at}.match.${key}`,
          message: "Only tools/call has a tool; this rule would never match.",
        });
  if (hold !== undefined && given.effect !== "hold")
    issues.push({ path: `${at}.hold`, message: "Only a rule that holds has settings for a hold." });
  return issues;
}

/** Reads a policy document; every issue says where it is. */
export function parsePolicy(input: unknown): ParsedPolicy {
  const parsed = policyDocument.safeParse(input);
  if (!parsed.success)
    return {
      ok: false,
      issues: parsed.error.issues.map((issue) => ({ path: place(issue.path), message: issue.message })),
    };
  const issues: PolicyIssue[] = [];
  const seen = new Map<string, number>();
  parsed.data.rules.forEach((each, index) => {
    const first = seen.get(each.id);
    if (first === undefined) seen.set(each.id, index);
    else issues.push({ path: `rules[${index}].id`, message: `rules[${first}] has the same id.` });
    issues.push(...ruleIssues(each, `rules[${index}]`));
  });
  return issues.length === 0 ? { ok: true, document: parsed.data } : { ok: false, issues };
}

/** A person as the console knows them. */
export interface Person {
  readonly email: string;
  readonly role: string;
}

const satisfied = (given: Deciders, people: readonly Person[]): boolean =>
  people.some(
    ({ email, role }) =>
      (DECIDER_ROLES as readonly string[]).includes(role) &&
      ((given.roles as readonly string[] | undefined)?.includes(role) ||
        given.people?.includes(email.toLowerCase())),
  );

/** Holds that none of these people may decide: each with its place. */
export function unsatisfiableRules(document: PolicyDocument, people: readonly Person[]): PolicyIssue[] {
  const message = "Nobody who may decide would be left to decide such a call.";
  const issues: PolicyIssue[] = [];
  if (!satisfied(document.hold.deciders, people)) issues.push({ path: "hold.deciders", message });
  document.rules.forEach((each, index) => {
    if (each.effect === "hold" && each.hold?.deciders && !satisfied(each.hold.deciders, people))
      issues.push({ path: `rules[${index}].hold.deciders`, message });
  });
  return issues;
}
