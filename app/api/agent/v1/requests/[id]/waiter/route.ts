import { z } from "zod";
import { requestState } from "@/agent/contract/vocabulary";
import { agentRoute } from "@/lib/http/agent-route";
import { leaveWaiting } from "@/lib/requests/leave-waiting";

export const POST = agentRoute({
  verb: leaveWaiting,
  output: z.object({ id: z.string(), state: requestState }),
});
