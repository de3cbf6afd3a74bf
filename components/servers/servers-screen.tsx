"use client";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "@/components/shell/use-status";
import { Command, Empty, Failure, PageHead } from "@/components/ui/bits";
import { plural } from "@/components/ui/format";
import { Plus } from "@/components/ui/icons";
import { useUrl } from "@/components/ui/use-url";
import { AddServer } from "./add-server";
import { serversQuery } from "./queries";
import { ServersTable } from "./servers-table";

function NoServers({ mayAdd, onAdd }: { mayAdd: boolean; onAdd: () => void }) {
  return (
    <Empty title="No servers yet">
      <p>A server appears when the first agent enrols in front of it. Nothing is governed before that.</p>
      {mayAdd ? (
        <>
          <div>
            <button type="button" className="btn pri" onClick={onAdd}>
              <Plus size={14} /> Add a server…
            </button>
          </div>
          <p>Or from the console’s machine:</p>
          <Command text="npm run -s assentry -- agent enroll --server NAME" />
        </>
      ) : (
        <p>An owner or admin adds servers.</p>
      )}
    </Empty>
  );
}

/** What agents reported, by server. */
export function ServersScreen() {
  const url = useUrl();
  const q = url.get("q") ?? undefined;
  const { data, error, dataUpdatedAt } = useQuery(serversQuery(q));
  const mayAdd = useMay()("agents.enrol");
  const servers = data?.items ?? [];
  const live = servers.filter((server) => server.agents.some((agent) => agent.connected > 0)).length;
  const add = () => url.push({ add: "1" });
  return (
    <>
      <PageHead
        title="Servers"
        sub={data ? `${plural(servers.length, "server")} · ${live} connected` : undefined}
      >
        <input
          className="input w-44"
          aria-label="Find a server by name"
          placeholder="Find by name"
          defaultValue={q}
          onChange={(event) => url.replace({ q: event.target.value.trim() })}
        />
        {mayAdd ? (
          <button type="button" className="btn pri" onClick={add}>
            <Plus size={14} /> Add a server…
          </button>
        ) : null}
      </PageHead>
      <Failure error={error} />
      {data && servers.length === 0 && !q ? <NoServers mayAdd={mayAdd} onAdd={add} /> : null}
      {data && servers.length === 0 && q ? <Empty title="No server by that name" /> : null}
      {servers.length > 0 ? <ServersTable servers={servers} asOf={dataUpdatedAt} /> : null}
      {data?.nextCursor ? (
        <p className="sub mt-2">Only the first 200 are shown; find others by name.</p>
      ) : null}
      <AddServer open={mayAdd && url.get("add") !== null} onClose={() => url.replace({ add: null })} />
    </>
  );
}
