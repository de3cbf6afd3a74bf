import { useStatus } from "@/components/shell/use-status";
import { plural } from "@/components/ui/format";
import { Quoted } from "@/components/ui/quoted";
import { Time } from "@/components/ui/time";
import type { RequestDetail } from "@/lib/requests/schemas";

function Votes({ request }: { request: RequestDetail }) {
  return request.votes.map((vote) => (
    <p key={vote.voter.id}>
      <b className="font-medium">{vote.voter.name}</b>
      {vote.voter.type === "token" ? " (API token)" : ""} {vote.verdict === "approve" ? "approved" : "denied"}{" "}
      <Time iso={vote.at} seconds />
      {vote.reason ? <span> · “{vote.reason}”</span> : null}
      <span className="sub">
        {vote.opened ? "" : " · without opening the arguments"}
        {vote.ownCall ? " · call of an own agent" : ""}
      </span>
    </p>
  ));
}

function notice({ notices }: RequestDetail): string {
  if (notices.channels.length === 0) return "No notice channel is set up: only people who look here know.";
  const parts = [`${plural(notices.delivered, "notice")} delivered (${notices.channels.join(", ")})`];
  if (notices.queued > 0) parts.push(`${notices.queued} on the way`);
  if (notices.failed > 0) parts.push(`${notices.failed} failed`);
  return parts.join(" · ");
}

/** Who may decide, who did, and whether anybody was told. */
export function CardDeciders({ request }: { request: RequestDetail }) {
  const me = useStatus()?.me.id;
  const { people, ownCall } = request.deciders;
  const names = people.map((person) => (person.id === me ? "you" : `${person.name} (${person.role})`));
  const open = request.state === "pending";
  return (
    <section>
      <h2>{open ? "May decide" : "Decision"}</h2>
      {open && names.length === 0 ? (
        <p className="text-bad">Nobody who may decide exists: this call can only expire.</p>
      ) : null}
      {open && names.length > 0 ? (
        <p>
          {names.slice(0, 8).join(", ")}
          {names.length > 8 ? ` and ${names.length - 8} more` : ""}
        </p>
      ) : null}
      <Votes request={request} />
      {!open && request.votes.length === 0 ? <p className="sub">Nobody decided it.</p> : null}
      {request.endReason && request.state !== "denied" ? (
        <p>
          <Quoted text={request.endReason} max={400} />
        </p>
      ) : null}
      {open && ownCall ? (
        <p className="text-warn">You own the agent that asks; a decision of yours is marked so.</p>
      ) : null}
      {open ? <p className="sub">{notice(request)}</p> : null}
    </section>
  );
}
