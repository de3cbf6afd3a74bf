import { route } from "@/lib/http/route";
import { revealArguments } from "@/lib/requests/open-arguments";
import { revealOutput } from "@/lib/requests/schemas";

export const POST = route({ verb: revealArguments, output: revealOutput, params: ["id"] });
