import type { Metadata } from "next";
import { serversQuery } from "@/components/servers/queries";
import { ServersScreen } from "@/components/servers/servers-screen";
import { requireUser } from "@/lib/auth/current-context";
import { listServers } from "@/lib/servers/list-servers";
import { Prefetched } from "../prefetched";
import { type Search, searchReader } from "../search";

export const metadata: Metadata = { title: "Servers" };

export default async function ServersPage({ searchParams }: { searchParams: Search }) {
  const context = await requireUser();
  const q = searchReader(await searchParams)("q")?.slice(0, 200);
  const { queryKey } = serversQuery(q);
  return (
    <Prefetched queries={[{ queryKey, queryFn: () => listServers(context, { q, limit: 200 }) }]}>
      <ServersScreen />
    </Prefetched>
  );
}
