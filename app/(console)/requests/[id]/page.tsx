import type { Metadata } from "next";
import { requestQuery } from "@/components/requests/queries";
import { RequestScreen } from "@/components/requests/request-screen";
import { requireUser } from "@/lib/auth/current-context";
import { getRequest } from "@/lib/requests/get-request";
import { Prefetched } from "../../prefetched";

export const metadata: Metadata = { title: "Request" };

export default async function RequestPage({ params }: { params: Promise<{ id: string }> }) {
  const context = await requireUser();
  const { id } = await params;
  const queries = [{ queryKey: requestQuery(id).queryKey, queryFn: () => getRequest(context, { id }) }];
  return (
    <Prefetched queries={queries}>
      <RequestScreen id={id} />
    </Prefetched>
  );
}
