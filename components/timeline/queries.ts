import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { AuditEntryView, ListAuditInput } from "@/lib/audit/schemas";
import { api } from "@/lib/http/client";

export type AuditFilter = Omit<Partial<ListAuditInput>, "cursor" | "limit">;
export interface AuditPage {
  items: AuditEntryView[];
  nextCursor: string | null;
}

const pages = (name: "audit" | "timeline", filter: AuditFilter, limit: number) =>
  infiniteQueryOptions({
    queryKey: [name, filter],
    queryFn: ({ pageParam, signal }) =>
      api.get<AuditPage>("/audit", { ...filter, limit, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });

/** A thing's own record; follows the hints. */
export const timelineQuery = (filter: AuditFilter) => pages("timeline", filter, 30);

/** The trail as it is being read: it holds still. */
export const auditQuery = (filter: AuditFilter) => ({
  ...pages("audit", filter, 50),
  staleTime: Number.POSITIVE_INFINITY,
  refetchOnWindowFocus: false,
});

export const auditHeadQuery = (filter: AuditFilter) =>
  queryOptions({
    queryKey: ["audit-head", filter],
    queryFn: ({ signal }) => api.get<AuditPage>("/audit", { ...filter, limit: 50 }, signal),
  });
