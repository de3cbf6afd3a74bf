import type { ReactNode } from "react";
import { enforcementWords } from "@/components/servers/words";
import { shortDigest } from "@/components/ui/format";
import { TriangleAlert } from "@/components/ui/icons";
import { Link } from "@/components/ui/link";
import { Quoted } from "@/components/ui/quoted";
import { Reasons } from "@/components/ui/reasons";
import { ModeTag } from "@/components/ui/tag";
import type { RequestDetail } from "@/lib/requests/schemas";

const CALLER: Record<string, string> = {
  os_user: "the operating system's user who runs the client",
  credential: "known by the credential it presented",
  oauth_subject: "signed in at the upstream's provider",
};
function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

function Who({ request }: { request: RequestDetail }) {
  const { caller, agent, client } = request;
  return (
    <>
      <Quoted text={caller.name} className="font-medium" />{" "}
      <span className="sub">
        {CALLER[caller.kind] ?? caller.kind} ·{" "}
        {agent.owner ? `agent owned by ${agent.owner}` : "agent without an owner"}
      </span>
      {client ? (
        <div className="sub">
          says it is <Quoted text={`${client.name} ${client.version}`} max={80} />
        </div>
      ) : null}
      {request.state === "pending" && !request.waiting ? (
        <div className="text-warn">
          <TriangleAlert size={12} className="inline align-[-1px]" /> No longer waits. If approved, the call
          runs when the same client asks again with the same arguments.
        </div>
      ) : null}
    </>
  );
}

function Where({ request }: { request: RequestDetail }) {
  const { server, agent, tool } = request;
  return (
    <>
      <Link href={`/servers/${server.id}`} className="font-medium">
        {server.name}
      </Link>{" "}
      <ModeTag mode={request.serverMode} />{" "}
      <span className="sub">{enforcementWords(request.enforcement)}</span>
      <div className="sub">
        agent on <Quoted text={`${agent.osUser}@${agent.hostname}`} max={80} />{" "}
        {agent.connected ? (
          "connected"
        ) : (
          <span className="font-medium text-warn">
            <TriangleAlert size={12} className="inline align-[-1px]" /> not connected
          </span>
        )}
        {tool.digest ? (
          <>
            {" "}
            · tool as listed{" "}
            <span className="mono" title={tool.digest}>
              {shortDigest(tool.digest)}
            </span>
          </>
        ) : (
          <span className="text-warn"> · tool never listed</span>
        )}
      </div>
    </>
  );
}

function Why({ request }: { request: RequestDetail }) {
  const { rule, version } = request.policy;
  return (
    <>
      {rule ? (
        <>
          Rule {rule.index + 1}, <i>{rule.name ?? rule.id}</i>
        </>
      ) : (
        "No rule allows it: the default holds"
      )}{" "}
      <span className="sub">· policy version {version}</span>
      <Reasons reasons={request.risk.reasons} first={3} />
    </>
  );
}

/** Who asks, where, and why it was held. */
export function CardFacts({ request }: { request: RequestDetail }) {
  return (
    <dl className="facts">
      <Fact name="Who">
        <Who request={request} />
      </Fact>
      <Fact name="Where">
        <Where request={request} />
      </Fact>
      <Fact name="Why held">
        <Why request={request} />
      </Fact>
      {request.method === "tools/call" ? null : (
        <Fact name="Method">
          <Quoted text={request.method} />
        </Fact>
      )}
    </dl>
  );
}
