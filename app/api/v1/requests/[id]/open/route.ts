import { route } from "@/lib/http/route";
import { openArguments } from "@/lib/requests/open-arguments";
import { openOutput } from "@/lib/requests/schemas";

export const POST = route({ verb: openArguments, output: openOutput, params: ["id"] });
