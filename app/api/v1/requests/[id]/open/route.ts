import { route } from "@/lib/http/route";
import { openArguments, openOutput } from "@/lib/requests/open-arguments";

export const POST = route({ verb: openArguments, output: openOutput, params: ["id"] });
