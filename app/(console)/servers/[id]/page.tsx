import type { Metadata } from "next";
import { serverQuery } from "@/components/servers/queries";
import { ServerScreen } from "@/components/servers/server-screen";
import { toolsQuery } from "@/components/tools/queries";
import { requireUser } from "@/lib/auth/current-context";
import { getServer } from "@/lib/servers/list-servers";
import { listTools } from "@/lib/tools/list-tools";
import { Prefetched } from "../../prefetched";

export const metadata: Metadata = { title: "Server" };

export default async function ServerPage({ params }: { params: Promise<{ id: string }> }) {
  const context = await requireUser();
  const { id } = await params;
  const server = { queryKey: serverQuery(id).queryKey, queryFn: () => getServer(context, { id }) };
  const { queryKey } = toolsQuery({ server: id });
  const tools = { queryKey, queryFn: () => listTools(context, { server: id, limit: 200 }) };
  return (
    <Prefetched queries={[server, tools]}>
      <ServerScreen id={id} />
    </Prefetched>
  );
}
