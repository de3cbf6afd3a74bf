import type { AuditFilter } from "@/components/timeline/queries";

/** The audit page's view, wholly in the URL. */
export const FIELDS = [
  "from",
  "to",
  "actor",
  "action",
  "subject",
  "outcome",
  "server",
  "request",
  "q",
] as const;
export type AuditField = (typeof FIELDS)[number];
export const OUTCOMES = ["success", "refused", "failed"] as const;

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Reads the view; what is not well-formed is left out. */
export function readAuditFilter(get: (name: string) => string | null | undefined): AuditFilter {
  const filter: Record<string, string> = {};
  for (const field of FIELDS) {
    const value = get(field)?.trim().slice(0, 200);
    if (!value) continue;
    if ((field === "from" || field === "to") && !(ISO.test(value) && !Number.isNaN(Date.parse(value))))
      continue;
    if (field === "outcome" && !(OUTCOMES as readonly string[]).includes(value)) continue;
    filter[field] = value;
  }
  return filter as AuditFilter;
}

/** `2026-11-22T17:03` in the browser's zone, for an input; empty when there is none. */
export function toLocalInput(iso: string | undefined): string {
  if (!iso) return "";
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromLocalInput(text: string): string | null {
  const time = new Date(text);
  return text && !Number.isNaN(time.getTime()) ? time.toISOString() : null;
}
