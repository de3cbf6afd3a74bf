import { shortDigest } from "@/components/ui/format";
import { Link } from "@/components/ui/link";
import { Quoted } from "@/components/ui/quoted";
import { Reasons } from "@/components/ui/reasons";
import { ClassTag, Tag, TierTag } from "@/components/ui/tag";
import type { ToolView } from "@/lib/servers/schemas";

function Row({ tool, withServer }: { tool: ToolView; withServer: boolean }) {
  return (
    <tr>
      <td data-label="Tool">
        <div className="min-w-0 side:min-w-36">
          <Quoted text={tool.name} max={100} className="font-medium" />
          {tool.gone ? (
            <>
              {" "}
              <Tag tone="warn">no longer listed</Tag>
            </>
          ) : null}
        </div>
      </td>
      {withServer ? (
        <td data-label="Server">
          <Link href={`/servers/${tool.server.id}`} className="side:whitespace-nowrap">
            {tool.server.name}
          </Link>
        </td>
      ) : null}
      <td data-label="Class">
        <ClassTag riskClass={tool.riskClass} />
      </td>
      <td data-label="Tier">
        <TierTag tier={tool.tier} />
      </td>
      <td data-label="Why" className="sub">
        <div className="min-w-0">
          {tool.reasons.length === 0 ? "nothing raises it" : <Reasons reasons={tool.reasons} first={2} />}
        </div>
      </td>
      <td data-label="Listed as" className="mono sub whitespace-nowrap">
        {tool.digest ? <span title={tool.digest}>{shortDigest(tool.digest)}</span> : "–"}
      </td>
    </tr>
  );
}

/** Tools with their class and the reasons for it. */
export function ToolsTable({ tools, withServer = true }: { tools: ToolView[]; withServer?: boolean }) {
  if (tools.length === 0) {
    return <p className="sub panel p-4">No tool has been listed yet; an agent lists them when it starts.</p>;
  }
  return (
    <div className="panel overflow-x-auto">
      <table className="grid-table stack">
        <thead>
          <tr>
            <th scope="col">Tool</th>
            {withServer ? <th scope="col">Server</th> : null}
            <th scope="col">Class</th>
            <th scope="col">Tier</th>
            <th scope="col">Why</th>
            <th scope="col">Listed as</th>
          </tr>
        </thead>
        <tbody>
          {tools.map((tool) => (
            <Row key={tool.id} tool={tool} withServer={withServer} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
