import { claimOutput } from "@/agent/contract/v1";
import { agentRoute } from "@/lib/http/agent-route";
import { claimRelease } from "@/lib/requests/claim-release";

export const POST = agentRoute({ verb: claimRelease, output: claimOutput });
