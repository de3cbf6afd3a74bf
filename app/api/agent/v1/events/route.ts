import { eventsOutput } from "@/agent/contract/v1";
import { agentRoute } from "@/lib/http/agent-route";
import { takeEvents } from "@/lib/intake/take-events";

export const POST = agentRoute({ verb: takeEvents, output: eventsOutput });
