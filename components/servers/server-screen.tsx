"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "@/components/shell/use-status";
import Timeline from "@/components/timeline/timeline";
import { toolsQuery } from "@/components/tools/queries";
import { ToolsTable } from "@/components/tools/tools-table";
import { Callout, Failure } from "@/components/ui/bits";
import { plural } from "@/components/ui/format";
import { ChevronLeft, Plus } from "@/components/ui/icons";
import { Link } from "@/components/ui/link";
import { Quoted } from "@/components/ui/quoted";
import { ModeTag } from "@/components/ui/tag";
import { Time } from "@/components/ui/time";
import type { ServerView } from "@/lib/servers/schemas";
import { AddServer } from "./add-server";
import { Agents } from "./agents";
import { ModeDialog } from "./mode-dialog";
import { serverQuery } from "./queries";
import { Connection } from "./servers-table";
import { enforcementWords } from "./words";

function Facts({ server, asOf }: { server: ServerView; asOf: number }) {
  return (
    <dl className="facts panel p-4">
      <dt>Agent</dt>
      <dd>
        <Connection server={server} asOf={asOf} />
      </dd>
      <dt>Enforcement</dt>
      <dd>{enforcementWords(server.enforcement)}</dd>
      <dt>Owner</dt>
      <dd>{server.owner?.name ?? <span className="text-warn">nobody</span>}</dd>
      <dt>Says it is</dt>
      <dd>
        {server.serverInfo ? (
          <Quoted text={`${server.serverInfo.name} ${server.serverInfo.version}`} />
        ) : (
          <span className="sub">nothing yet</span>
        )}
      </dd>
      <dt>Last listed</dt>
      <dd>{server.lastListedAt ? <Time iso={server.lastListedAt} /> : <span className="sub">never</span>}</dd>
      <dt>Waiting</dt>
      <dd>
        {server.waiting > 0 ? (
          <Link href={`/requests?server=${encodeURIComponent(server.name)}`} className="font-medium text-bad">
            {plural(server.waiting, "call")}
          </Link>
        ) : (
          <span className="sub">nothing</span>
        )}
      </dd>
    </dl>
  );
}

function Head({ server, onMode, onAgent }: { server: ServerView; onMode: () => void; onAgent: () => void }) {
  const may = useMay();
  return (
    <header className="flex flex-wrap items-center justify-between gap-2">
      <div className="flex min-w-0 items-center gap-2.5">
        <h1>{server.name}</h1>
        <ModeTag mode={server.mode} />
      </div>
      <div className="flex flex-wrap gap-2">
        {may("servers.manage") ? (
          <button type="button" className="btn" onClick={onMode}>
            {server.mode === "enforce" ? "Observe only…" : "Enforce…"}
          </button>
        ) : null}
        {may("agents.enrol") ? (
          <button type="button" className="btn" onClick={onAgent}>
            <Plus size={14} /> Add an agent…
          </button>
        ) : null}
      </div>
    </header>
  );
}

/** One server: its agents, its tools with their class and why, and its record. */
export function ServerScreen({ id }: { id: string }) {
  const { data: server, error, dataUpdatedAt } = useQuery(serverQuery(id));
  const tools = useQuery(toolsQuery({ server: id }));
  const [open, setOpen] = useState<"mode" | "agent" | null>(null);
  const mayAudit = useMay()("audit.own");
  const close = () => setOpen(null);
  if (!server) return <Failure error={error} />;
  return (
    <div className="flex flex-col gap-4.5">
      <div className="flex flex-col gap-1.5">
        <Link
          href="/servers"
          className="sub inline-flex min-h-6 items-center gap-1 self-start no-underline hover:text-ink"
        >
          <ChevronLeft size={15} /> Servers
        </Link>
        <Head server={server} onMode={() => setOpen("mode")} onAgent={() => setOpen("agent")} />
      </div>
      {server.observe ? (
        <Callout tone="bad">
          <b className="font-medium">Nothing is held on this server</b> until{" "}
          <Time iso={server.observe.until} />: calls are forwarded and only recorded. Reason:{" "}
          {server.observe.reason}
        </Callout>
      ) : null}
      <Facts server={server} asOf={dataUpdatedAt} />
      <section>
        <h2 className="mb-1.5">Agents</h2>
        <Agents agents={server.agents} asOf={dataUpdatedAt} />
      </section>
      <section>
        <h2 className="mb-1.5">Tools</h2>
        <Failure error={tools.error} />
        {tools.data ? <ToolsTable tools={tools.data.items} withServer={false} /> : null}
      </section>
      {mayAudit ? (
        <section>
          <h2 className="mb-1.5">Record</h2>
          <Timeline filter={{ server: id }} />
        </section>
      ) : null}
      <ModeDialog server={server} open={open === "mode"} onClose={close} />
      <AddServer open={open === "agent"} onClose={close} server={server.name} />
    </div>
  );
}
