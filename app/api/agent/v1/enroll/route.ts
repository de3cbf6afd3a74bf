import { enrolOutput } from "@/agent/contract/v1";
import { enrolRoute } from "@/lib/http/agent-route";
import { enrolAgent } from "@/lib/servers/enrol-agent";

export const POST = enrolRoute({ verb: enrolAgent, output: enrolOutput });
