import { route } from "@/lib/http/route";
import { getServer } from "@/lib/servers/list-servers";
import { serverView } from "@/lib/servers/schemas";

export const GET = route({ verb: getServer, output: serverView, params: ["id"] });
