import { dehydrate, HydrationBoundary, QueryClient, type QueryKey } from "@tanstack/react-query";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { Refused } from "@/components/shell/refused";
import { AppError } from "@/lib/core/errors";

interface Prefetch {
  queryKey: QueryKey;
  queryFn: () => Promise<unknown>;
  /** an infinite list: its first page */
  infinite?: boolean;
  /** the page is good without it: its own failure is shown in its place */
  optional?: boolean;
}

/** First paint: the verbs run here and the browser finds their answers under the same keys. */
export async function Prefetched({ queries, children }: { queries: Prefetch[]; children: ReactNode }) {
  const client = new QueryClient();
  try {
    await Promise.all(
      queries.map(({ queryKey, queryFn, infinite, optional }) =>
        infinite
          ? client.fetchInfiniteQuery({ queryKey, queryFn, initialPageParam: null })
          : optional
            ? client.prefetchQuery({ queryKey, queryFn })
            : client.fetchQuery({ queryKey, queryFn }),
      ),
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === "not_found") notFound();
    if (error.code === "forbidden") return <Refused message={error.message} />;
    throw error;
  }
  return <HydrationBoundary state={dehydrate(client)}>{children}</HydrationBoundary>;
}
