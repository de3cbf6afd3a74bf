import { plural } from "@/components/ui/format";
import { CircleDot, CloudOff, TriangleAlert } from "@/components/ui/icons";
import { Quoted } from "@/components/ui/quoted";
import { Tag } from "@/components/ui/tag";
import { Ago, Time } from "@/components/ui/time";
import type { ServerView } from "@/lib/servers/schemas";

type Agent = ServerView["agents"][number];

function Row({ agent, asOf }: { agent: Agent; asOf: number }) {
  return (
    <tr>
      <td data-label="Runs as">
        <Quoted text={`${agent.osUser}@${agent.hostname}`} max={100} />
      </td>
      <td data-label="State">
        {agent.connected > 0 ? (
          <Tag tone="ok" icon={<CircleDot size={12} />}>
            {plural(agent.connected, "instance")} connected
          </Tag>
        ) : (
          <span className="sub inline-flex items-center gap-1.5">
            <CloudOff size={12} />{" "}
            {agent.lastSeenAt ? <Ago iso={agent.lastSeenAt} asOf={asOf} /> : "never seen"}
          </span>
        )}
      </td>
      <td data-label="Rules">
        {agent.upToDate ? (
          "up to date"
        ) : (
          <span className="inline-flex items-center gap-1.5 text-warn">
            <TriangleAlert size={12} /> not acknowledged yet
          </span>
        )}
      </td>
      <td data-label="Version" className="sub">
        {agent.version} · {agent.platform}
      </td>
      <td data-label="Enrolled" className="sub">
        <Time iso={agent.enrolledAt} />
      </td>
    </tr>
  );
}

/** The keys that speak for a server, and whether each follows the standing rules. */
export function Agents({ agents, asOf }: { agents: Agent[]; asOf: number }) {
  if (agents.length === 0) {
    return <p className="sub panel p-4">No agent has enrolled yet: nothing of this server is governed.</p>;
  }
  return (
    <div className="panel overflow-x-auto">
      <table className="grid-table stack">
        <thead>
          <tr>
            <th scope="col">Runs as</th>
            <th scope="col">State</th>
            <th scope="col">Rules</th>
            <th scope="col">Version</th>
            <th scope="col">Enrolled</th>
          </tr>
        </thead>
        <tbody>
          {agents.map((agent) => (
            <Row key={agent.id} agent={agent} asOf={asOf} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
