"use client";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { serversQuery } from "@/components/servers/queries";
import { Failure, PageHead } from "@/components/ui/bits";
import { plural } from "@/components/ui/format";
import { useUrl } from "@/components/ui/use-url";
import { toolPagesQuery } from "./queries";
import { ToolsTable } from "./tools-table";

/** Every tool that an agent has listed. */
export function ToolsScreen() {
  const url = useUrl();
  const server = url.get("server") ?? undefined;
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    toolPagesQuery(server ? { server } : {}),
  );
  const servers = useQuery(serversQuery()).data?.items ?? [];
  const tools = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead
        title="Tools"
        sub={
          data
            ? `${plural(tools.length, "tool")}${hasNextPage ? " so far" : ""}, as agents listed them`
            : undefined
        }
      >
        <label className="flex items-center gap-1.5">
          <span className="sub">Server</span>
          <select
            className="input w-auto"
            value={server ?? ""}
            onChange={(event) => url.push({ server: event.target.value })}
          >
            <option value="">any</option>
            {servers.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </PageHead>
      <Failure error={error} />
      {data ? <ToolsTable tools={tools} /> : null}
      {hasNextPage ? (
        <button
          type="button"
          className="btn mt-2.5"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {isFetchingNextPage ? "Loading…" : "Load more"}
        </button>
      ) : null}
    </>
  );
}
