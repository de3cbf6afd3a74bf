import { AppError } from "@/lib/core/errors";
import type { StandingDecision } from "@/lib/requests/schemas";

/** The decision that stood already when ours came too late (409); null for any other failure. */
export function standingIn(error: unknown): StandingDecision | null {
  if (!(error instanceof AppError) || error.status !== 409) return null;
  const decision = error.details?.decision as StandingDecision | undefined;
  return decision && typeof decision.at === "string" && typeof decision.by?.name === "string"
    ? decision
    : null;
}
