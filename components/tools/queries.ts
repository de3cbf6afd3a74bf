import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "@/lib/http/client";
import type { ToolView } from "@/lib/servers/schemas";

interface ToolPage {
  items: ToolView[];
  nextCursor: string | null;
}
export interface ToolFilter {
  server?: string;
}

/** A server's tools, the first 200. */
export const toolsQuery = (filter: ToolFilter) =>
  queryOptions({
    queryKey: ["tools", filter],
    queryFn: ({ signal }) => api.get<ToolPage>("/tools", { ...filter, limit: 200 }, signal),
  });

/** All tools, page by page. */
export const toolPagesQuery = (filter: ToolFilter) =>
  infiniteQueryOptions({
    queryKey: ["tools", "pages", filter],
    queryFn: ({ pageParam, signal }) =>
      api.get<ToolPage>("/tools", { ...filter, limit: 100, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
