import { route } from "@/lib/http/route";
import { setModeOutput } from "@/lib/servers/schemas";
import { setMode } from "@/lib/servers/set-mode";

export const POST = route({ verb: setMode, output: setModeOutput, params: ["id"] });
