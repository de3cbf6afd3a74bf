import type { ListRequestsInput } from "@/lib/requests/schemas";

/** The inbox's view, wholly in the URL. Browser-safe; the server reads it alike for the first paint. */
export const TABS = ["waiting", "history", "mine"] as const;
export type Tab = (typeof TABS)[number];
const FIELDS = ["server", "tool", "caller", "tier", "state"] as const;
export type FilterField = (typeof FIELDS)[number];
export type RequestFilters = { tab: Tab } & Partial<Record<FilterField, string>>;

export const TIER_CHOICES = ["critical", "high", "medium", "low"] as const;
/** states to choose from in history; `waiting` is a tab of its own */
export const STATE_CHOICES = [
  "approved",
  "released",
  "executed",
  "failed",
  "denied",
  "expired",
  "cancelled",
  "invalidated",
  "withdrawn",
  "outcome_unknown",
  "ticket_expired",
  "refused_by_agent",
] as const;

/** Reads the view; what is not a known choice is left out rather than sent on. */
export function readFilters(get: (name: string) => string | null | undefined): RequestFilters {
  const tab = TABS.find((each) => each === get("tab")) ?? "waiting";
  const filters: RequestFilters = { tab };
  for (const field of FIELDS) {
    const value = get(field)?.trim().slice(0, 200);
    if (!value) continue;
    if (field === "tier" && !(TIER_CHOICES as readonly string[]).includes(value)) continue;
    if (field === "state" && !(STATE_CHOICES as readonly string[]).includes(value)) continue;
    filters[field] = value;
  }
  return filters;
}

/** What the view asks of GET /api/v1/requests. */
export function toInput({ tab, state, ...rest }: RequestFilters) {
  const byTab = { waiting: "waiting", history: "history", mine: undefined }[tab];
  return {
    ...(rest as Pick<ListRequestsInput, "server" | "tool" | "caller" | "tier">),
    state: tab === "waiting" ? "waiting" : (state ?? byTab),
    mine: tab === "mine" ? ("1" as const) : undefined,
    limit: 50,
  };
}

export const narrowed = (filters: RequestFilters) => FIELDS.some((field) => filters[field] !== undefined);
