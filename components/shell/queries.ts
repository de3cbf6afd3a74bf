import { queryOptions } from "@tanstack/react-query";
import { api } from "@/lib/http/client";
import type { StatusView } from "@/lib/overview/schemas";

/** What the shell shows on every page; asked for again now and then, also to notice a console that went away. */
export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => api.get<StatusView>("/status", undefined, signal),
  refetchInterval: 30_000,
  staleTime: 5000,
});
