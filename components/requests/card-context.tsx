import { Link } from "@/components/ui/link";
import { STATE_WORDS } from "@/components/ui/tag";
import { Ago } from "@/components/ui/time";
import type { RequestDetail } from "@/lib/requests/schemas";

function Past({ request }: { request: RequestDetail }) {
  if (request.history.length === 0) return <p className="sub">No earlier held call of this tool here.</p>;
  return (
    <ul className="list-disc pl-4">
      {request.history.map((past) => (
        <li key={past.id}>
          <Link href={`/requests/${past.id}`}>
            {past.state === "pending" ? "one more waits, asked" : STATE_WORDS[past.state].word}
          </Link>{" "}
          <Ago iso={past.at} asOf={Date.parse(request.now)} />
          {past.by ? ` by ${past.by}` : ""}
          {past.sameArguments ? <b className="font-medium"> · the very same call</b> : ""}
          {past.reason ? <span className="sub"> · “{past.reason}”</span> : null}
        </li>
      ))}
    </ul>
  );
}

/** What stands out, and what became of the last such calls. */
export function CardContext({ request }: { request: RequestDetail }) {
  return (
    <div className="grid grid-cols-2 gap-x-6 gap-y-4 max-side:grid-cols-1">
      <section>
        <h2>Unusual</h2>
        {request.unusual.length === 0 ? (
          <p className="sub">Nothing stands out.</p>
        ) : (
          <ul className="list-disc pl-4">
            {request.unusual.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h2>Last such calls</h2>
        <Past request={request} />
      </section>
    </div>
  );
}
