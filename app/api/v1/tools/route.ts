import { route } from "@/lib/http/route";
import { toolPage } from "@/lib/servers/schemas";
import { listTools } from "@/lib/tools/list-tools";

export const GET = route({ verb: listTools, output: toolPage });
