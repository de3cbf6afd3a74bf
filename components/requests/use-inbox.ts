"use client";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { RequestSummary } from "@/lib/requests/schemas";
import type { RequestFilters } from "./filters";
import { requestsHeadQuery, requestsQuery } from "./queries";

export interface InboxRow {
  row: RequestSummary;
  /** it no longer belongs to this list, but stays in place until what is new is loaded */
  left: boolean;
}

/**
 * Rows that hold still while they are read. The first page is asked for again on every hint; rows on it are replaced in
 * place, rows that left it are marked, and what is new is counted until the reader loads it.
 */
export function useInbox(filters: RequestFilters) {
  const client = useQueryClient();
  const list = useInfiniteQuery(requestsQuery(filters));
  const head = useQuery(requestsHeadQuery(filters));
  const shown = list.data?.pages.flatMap((page) => page.items) ?? [];
  const now = head.data && head.dataUpdatedAt >= list.dataUpdatedAt ? head.data : undefined;
  const byId = new Map(now?.items.map((row) => [row.id, row]));
  const lastOfHead = now?.nextCursor ? now.items.at(-1)?.createdAt : undefined;
  const covered = (row: RequestSummary) => now !== undefined && (!lastOfHead || row.createdAt > lastOfHead);
  const rows: InboxRow[] = shown.map((row) => {
    const current = byId.get(row.id);
    return { row: current ?? row, left: !current && covered(row) };
  });
  const known = new Set(shown.map((row) => row.id));
  const lastShown = list.hasNextPage ? shown.at(-1)?.createdAt : undefined;
  const fresh =
    now?.items.filter((row) => !known.has(row.id) && (!lastShown || row.createdAt > lastShown)) ?? [];

  const loadFresh = () => {
    if (now) client.setQueryData(requestsQuery(filters).queryKey, { pages: [now], pageParams: [null] });
  };
  const nothingToDisturb = list.isSuccess && shown.length === 0 && fresh.length > 0;
  useEffect(() => {
    if (nothingToDisturb && now) {
      client.setQueryData(requestsQuery(filters).queryKey, { pages: [now], pageParams: [null] });
    }
  }, [nothingToDisturb, now, client, filters]);

  return {
    rows,
    fresh: fresh.length,
    loadFresh,
    waiting: (now ?? list.data?.pages[0])?.waiting ?? 0,
    asOf: list.dataUpdatedAt,
    hasOlder: list.hasNextPage,
    loadOlder: () => void list.fetchNextPage(),
    loadingOlder: list.isFetchingNextPage,
    error: list.error,
    loading: list.isPending,
  };
}
export type Inbox = ReturnType<typeof useInbox>;
