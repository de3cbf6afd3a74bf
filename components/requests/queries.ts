import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "@/lib/http/client";
import type { DecideInput, RequestDetail, RequestPage } from "@/lib/requests/schemas";
import { type RequestFilters, toInput } from "./filters";

/** The rows being read: never refetched behind the reader's back, see use-inbox. */
export const requestsQuery = (filters: RequestFilters) =>
  infiniteQueryOptions({
    queryKey: ["requests", filters],
    queryFn: ({ pageParam, signal }) =>
      api.get<RequestPage>("/requests", { ...toInput(filters), cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });

/** The first page as it is now; hints make it old. */
export const requestsHeadQuery = (filters: RequestFilters) =>
  queryOptions({
    queryKey: ["requests-head", filters],
    queryFn: ({ signal }) => api.get<RequestPage>("/requests", toInput(filters), signal),
  });

export const requestQuery = (id: string) =>
  queryOptions({
    queryKey: ["request", id],
    queryFn: ({ signal }) => api.get<RequestDetail>(`/requests/${encodeURIComponent(id)}`, undefined, signal),
    staleTime: 5000,
  });

const path = (id: string, act: string) => `/requests/${encodeURIComponent(id)}/${act}`;

export const decideRequest = ({ id, ...body }: DecideInput) =>
  api.post<RequestDetail>(path(id, "decision"), { ...body, surface: "web" });

export const withdrawRequest = ({ id, reason }: { id: string; reason?: string }) =>
  api.post<RequestDetail>(path(id, "withdraw"), { reason });

export const revealRequest = (id: string) => api.post<{ argumentsText: string }>(path(id, "reveal"));

export const openRequest = (id: string) => api.post<unknown>(path(id, "open"));
