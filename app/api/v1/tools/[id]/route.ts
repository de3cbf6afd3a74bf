import { route } from "@/lib/http/route";
import { toolView } from "@/lib/servers/schemas";
import { getTool } from "@/lib/tools/list-tools";

export const GET = route({ verb: getTool, output: toolView, params: ["id"] });
