import { holdOutput } from "@/agent/contract/v1";
import { agentRoute } from "@/lib/http/agent-route";
import { holdCall } from "@/lib/requests/hold-call";

export const POST = agentRoute({ verb: holdCall, output: holdOutput });
