import { route } from "@/lib/http/route";
import { decideAndShow } from "@/lib/requests/decide";
import { requestDetail } from "@/lib/requests/schemas";

export const POST = route({ verb: decideAndShow, output: requestDetail, params: ["id"] });
