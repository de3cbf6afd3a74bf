import type { Metadata } from "next";
import { toolPagesQuery } from "@/components/tools/queries";
import { ToolsScreen } from "@/components/tools/tools-screen";
import { requireUser } from "@/lib/auth/current-context";
import { listTools } from "@/lib/tools/list-tools";
import { Prefetched } from "../prefetched";
import { type Search, searchReader } from "../search";

export const metadata: Metadata = { title: "Tools" };

export default async function ToolsPage({ searchParams }: { searchParams: Search }) {
  const context = await requireUser();
  const server = searchReader(await searchParams)("server");
  const filter = server ? { server } : {};
  const { queryKey } = toolPagesQuery(filter);
  const queryFn = () => listTools(context, { ...filter, limit: 100 });
  return (
    <Prefetched queries={[{ queryKey, queryFn, infinite: true }]}>
      <ToolsScreen />
    </Prefetched>
  );
}
