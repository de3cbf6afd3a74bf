import type { z } from "zod";
import { db, isDatabaseAway, type Tx } from "@/db/client";
import type { Action } from "./actions";
import type { Context } from "./context";
import { AppError, toIssues } from "./errors";
import { log } from "./log";
import { allows, type Permission } from "./permissions";
import { type Entry, record, type Subject } from "./record";

/** `agent`, `system`, `anonymous` and `person` (whatever the role) open a verb to that kind of actor; a permission, to roles. */
export type Access = Permission | "agent" | "system" | "anonymous" | "person";

/** What a verb hands back: its result and the entries that go into the trail with it. At least one, or it does not compile. */
export interface Done<O, A extends Action> {
  result: O;
  entries: readonly [Recorded<A>, ...Recorded[]];
}
type RecordedOf<A extends Action> = A extends Action ? Entry<A> & { action: A } : never;
export type Recorded<A extends Action = Action> = RecordedOf<A>;

interface Spec<I, O, A extends Action, P> {
  permission: Access | readonly Access[];
  /** under which action a refusal of this verb is recorded */
  action: Action;
  input: z.ZodType<I, P>;
  /** what a refusal is about, as far as the input tells */
  subject?: (input: I) => Partial<Entry> & { subject: Subject };
  run(args: { tx: Tx; context: Context; input: I }): Promise<Done<O, A>>;
}

export type Verb<I, O> = ((context: Context, input: I, tx?: Tx) => Promise<O>) & {
  readonly kind: "command" | "query";
};

/** Throws `unauthenticated` or `forbidden` unless one of the accesses fits. */
export function authorize(context: Context, access: Access | readonly Access[]): void {
  const list: readonly Access[] = typeof access === "string" ? [access] : access;
  for (const one of list) {
    if (one === context.type) return;
    if (one === "agent" || one === "system" || one === "anonymous" || one === "person") continue;
    if (context.type === "system" || allows(context.role, one)) return;
  }
  if (context.type === "anonymous") throw new AppError("unauthenticated", "Sign in, or send an API token.");
  throw new AppError(
    "forbidden",
    `Your role${context.role ? ` (${context.role})` : ""} does not allow this.`,
    {
      details: { permission: list.join(" or ") },
    },
  );
}

export function parseInput<T, P>(schema: z.ZodType<T, P>, raw: unknown): T {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new AppError("malformed", "The request is not well-formed.", { issues: toIssues(parsed.error) });
}

/** Drizzle wraps what run() throws inside a transaction only for driver errors; ours come through as they are. */
function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isDatabaseAway(error)) {
    return new AppError("unavailable", "The database cannot be reached; nothing was changed.", {
      cause: error,
    });
  }
  throw error;
}

async function recordRefusal<I, O, A extends Action, P>(
  spec: Spec<I, O, A, P>,
  context: Context,
  raw: unknown,
  error: AppError,
) {
  // Anonymous refusals are recorded aggregated, at the border (lib/http/refusals.ts).
  if (context.type === "anonymous" || error.code === "unavailable") return;
  try {
    const parsed = spec.input.safeParse(raw);
    const about = parsed.success ? spec.subject?.(parsed.data) : undefined;
    const subject = about?.subject ?? { type: "system", id: "console", name: "console" };
    await db().transaction((tx) =>
      record(tx, context, "access.refuse", {
        ...about,
        subject,
        outcome: "refused",
        reason: error.message,
        detail: {
          code: error.code,
          path: spec.action,
          permission: String(error.details?.permission ?? "") || undefined,
        },
      }),
    );
  } catch (failure) {
    // The refusal stands either way; that it could not be recorded must not stay quiet.
    log.error("a refusal could not be recorded", { action: spec.action, code: error.code, error: failure });
  }
}

/**
 * The only way to change state. Checks the permission, parses the input, runs in one transaction (or joins the caller's),
 * and writes the entries in that same transaction: if they cannot be written, nothing happened. A refusal is recorded too.
 */
export function command<I, O, A extends Action, P = unknown>(spec: Spec<I, O, A, P>): Verb<P, O> {
  const verb = async (context: Context, raw: P, outer?: Tx): Promise<O> => {
    try {
      authorize(context, spec.permission);
      const input = parseInput(spec.input, raw);
      const run = async (tx: Tx) => {
        const done = await spec.run({ tx, context, input });
        for (const { action, ...entry } of done.entries as readonly Recorded[]) {
          await record(tx, context, action, entry as Entry<typeof action>);
        }
        return done.result;
      };
      return outer ? await run(outer) : await db().transaction(run);
    } catch (error) {
      const refused = asAppError(error);
      if (!outer) await recordRefusal(spec, context, raw, refused);
      throw refused;
    }
  };
  return Object.assign(verb, { kind: "command" as const });
}

interface QuerySpec<I, O, P> {
  permission: Access | readonly Access[];
  input: z.ZodType<I, P>;
  run(args: { context: Context; input: I }): Promise<O>;
}

/** The only way to read state. Returns wire shapes (ISO strings). Refusals are recorded like those of commands. */
export function query<I, O, P = unknown>(spec: QuerySpec<I, O, P>): Verb<P, O> {
  const verb = async (context: Context, raw: P): Promise<O> => {
    try {
      authorize(context, spec.permission);
      return await spec.run({ context, input: parseInput(spec.input, raw) });
    } catch (error) {
      const refused = asAppError(error);
      if (refused.code === "forbidden") {
        await recordRefusal({ ...spec, action: "access.refuse", run: neverRuns }, context, raw, refused);
      }
      throw refused;
    }
  };
  return Object.assign(verb, { kind: "query" as const });
}

const neverRuns = async (): Promise<never> => {
  throw new Error("a refused query does not run");
};
