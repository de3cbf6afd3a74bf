import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "@/lib/http/client";
import type { PolicyView, TryOutput } from "@/lib/policy/schemas";

/** The policy in force, or one published version. */
export const policyQuery = (version?: number) =>
  queryOptions({
    queryKey: ["policy", version ?? "standing"],
    queryFn: ({ signal }) => api.get<PolicyView>("/policies", { version }, signal),
  });

export type PolicyVersion = Omit<PolicyView, "document"> & { rules: number };

export const versionsQuery = infiniteQueryOptions({
  queryKey: ["policy-versions"],
  queryFn: ({ pageParam, signal }) =>
    api.get<{ items: PolicyVersion[]; nextCursor: string | null }>(
      "/policies/versions",
      { limit: 20, cursor: pageParam },
      signal,
    ),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.nextCursor,
});

export interface Publication {
  document: unknown;
  baseVersion: number;
  comment?: string;
}
export const publishPolicy = (body: Publication) => api.put<PolicyView>("/policies", body);

export interface Trial {
  server: string;
  method: string;
  tool?: string;
  caller: string;
  argumentsText: string;
}
export const tryCall = (trial: Trial, document?: unknown) =>
  api.post<TryOutput>("/policies/try", document === undefined ? trial : { ...trial, document });
