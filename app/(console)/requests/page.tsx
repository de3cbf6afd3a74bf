import type { Metadata } from "next";
import { readFilters, toInput } from "@/components/requests/filters";
import { Inbox } from "@/components/requests/inbox";
import { requestQuery, requestsQuery } from "@/components/requests/queries";
import { requireUser } from "@/lib/auth/current-context";
import { getRequest } from "@/lib/requests/get-request";
import { listRequests } from "@/lib/requests/list-requests";
import { Prefetched } from "../prefetched";
import { type Search, searchReader } from "../search";

export const metadata: Metadata = { title: "Requests" };

export default async function RequestsPage({ searchParams }: { searchParams: Search }) {
  const context = await requireUser();
  const get = searchReader(await searchParams);
  const filters = readFilters(get);
  const selected = get("selected");
  const card = selected
    ? [
        {
          queryKey: requestQuery(selected).queryKey,
          queryFn: () => getRequest(context, { id: selected }),
          optional: true,
        },
      ]
    : [];
  const { queryKey } = requestsQuery(filters);
  const list = { queryKey, queryFn: () => listRequests(context, toInput(filters)), infinite: true };
  return (
    <Prefetched queries={[list, ...card]}>
      <Inbox />
    </Prefetched>
  );
}
