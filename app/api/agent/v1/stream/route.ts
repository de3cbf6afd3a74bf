import { streamInput } from "@/agent/contract/v1";
import { parseInput } from "@/lib/core/command";
import { agentStreamRoute } from "@/lib/http/agent-route";
import { agentStream } from "@/lib/intake/stream";

export const dynamic = "force-dynamic";

export const POST = agentStreamRoute((context, input, request) =>
  agentStream(request, context, parseInput(streamInput, input)),
);
