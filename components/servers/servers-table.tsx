import { plural } from "@/components/ui/format";
import { CircleDot, CloudOff } from "@/components/ui/icons";
import { Link } from "@/components/ui/link";
import { ModeTag, Tag } from "@/components/ui/tag";
import { Ago, Time } from "@/components/ui/time";
import type { ServerView } from "@/lib/servers/schemas";
import { enforcementWords } from "./words";

export function Connection({ server, asOf }: { server: ServerView; asOf: number }) {
  const instances = server.agents.reduce((sum, agent) => sum + agent.connected, 0);
  if (instances > 0) {
    return (
      <Tag tone="ok" icon={<CircleDot size={12} />}>
        {plural(instances, "instance")} connected
      </Tag>
    );
  }
  return (
    <span className="sub inline-flex items-center gap-1.5">
      <CloudOff size={12} />
      {server.lastSeenAt ? <Ago iso={server.lastSeenAt} asOf={asOf} /> : "never seen"}
    </span>
  );
}

function Row({ server, asOf }: { server: ServerView; asOf: number }) {
  return (
    <tr>
      <td data-label="Server">
        <div className="min-w-0">
          <Link href={`/servers/${server.id}`} className="font-medium">
            {server.name}
          </Link>
          <div className="sub text-xs">
            {server.owner ? `owned by ${server.owner.name}` : "nobody owns it"}
          </div>
        </div>
      </td>
      <td data-label="Mode">
        <div>
          <ModeTag mode={server.mode} />
          {server.observe ? (
            <div className="text-xs text-bad">
              until <Time iso={server.observe.until} />
            </div>
          ) : null}
        </div>
      </td>
      <td data-label="Enforcement" className="sub">
        {enforcementWords(server.enforcement)}
      </td>
      <td data-label="Agent">
        <Connection server={server} asOf={asOf} />
      </td>
      <td data-label="Tools" className="side:text-right">
        {server.tools}
      </td>
      <td data-label="Waiting" className="side:text-right">
        {server.waiting > 0 ? (
          <Link href={`/requests?server=${encodeURIComponent(server.name)}`} className="font-medium text-bad">
            {server.waiting}
          </Link>
        ) : (
          <span className="sub">0</span>
        )}
      </td>
    </tr>
  );
}

export function ServersTable({ servers, asOf }: { servers: ServerView[]; asOf: number }) {
  return (
    <div className="panel overflow-x-auto">
      <table className="grid-table stack">
        <thead>
          <tr>
            <th scope="col">Server</th>
            <th scope="col">Mode</th>
            <th scope="col">Enforcement</th>
            <th scope="col">Agent</th>
            <th scope="col" className="text-right">
              Tools
            </th>
            <th scope="col" className="text-right">
              Waiting
            </th>
          </tr>
        </thead>
        <tbody>
          {servers.map((server) => (
            <Row key={server.id} server={server} asOf={asOf} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
