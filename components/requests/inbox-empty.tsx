"use client";
import { useSyncExternalStore } from "react";
import { useMay, useStatus } from "@/components/shell/use-status";
import { Command, Empty } from "@/components/ui/bits";
import { Link } from "@/components/ui/link";
import { narrowed, type RequestFilters } from "./filters";

const ENROL = "npm run -s assentry -- agent enroll --server NAME";
const run = (origin: string) =>
  `ASSENTRY_ENROLL_TOKEN=… node agent/bin.js run --console ${origin} --server NAME -- npx -y @modelcontextprotocol/server-memory`;

function FirstSteps() {
  const origin = useSyncExternalStore(
    () => () => {},
    () => window.location.origin,
    () => "http://localhost:3000",
  );
  return (
    <>
      <p>
        No agent has been enrolled yet, so there is nothing that could be held. Make a one-time enrolment
        token:
      </p>
      <Command text={ENROL} />
      <p>Then put the agent where your AI client starts the MCP server:</p>
      <Command text={run(origin)} />
      <p>
        Or <Link href="/servers?add=1">add a server here</Link> and get both lines ready to paste.
      </p>
    </>
  );
}

/** Why there is nothing, and what next. */
export function InboxEmpty({ filters }: { filters: RequestFilters }) {
  const servers = useStatus()?.servers ?? 0;
  const mayEnrol = useMay()("agents.enrol");
  if (narrowed(filters)) {
    return (
      <Empty title="Nothing matches these filters">
        <p>
          <Link href={filters.tab === "waiting" ? "/requests" : `/requests?tab=${filters.tab}`}>
            Clear them
          </Link>{" "}
          to see every call of this view.
        </p>
      </Empty>
    );
  }
  if (servers === 0 && !mayEnrol) {
    return (
      <Empty title="No calls yet">
        <p>
          You see the calls of servers and agents you own, and none is yours yet. An owner or admin adds
          servers.
        </p>
      </Empty>
    );
  }
  if (servers === 0) {
    return (
      <Empty title="No calls yet">
        <FirstSteps />
      </Empty>
    );
  }
  if (filters.tab === "waiting") {
    return (
      <Empty title="Nothing waits">
        <p>
          A call appears here by itself the moment an agent holds it. What passes and what is held is written
          in <Link href="/policies">the policy</Link>; what was decided is in{" "}
          <Link href="/requests?tab=history">History</Link>.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title={filters.tab === "mine" ? "Nothing of yours yet" : "No history yet"}>
      <p>
        {filters.tab === "mine"
          ? "Calls that you decided, and calls of agents and servers you own, will be here."
          : "Calls that were decided or ended in another way will be here."}
      </p>
    </Empty>
  );
}
