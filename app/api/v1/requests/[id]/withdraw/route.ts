import { route } from "@/lib/http/route";
import { requestDetail } from "@/lib/requests/schemas";
import { withdrawAndShow } from "@/lib/requests/withdraw";

export const POST = route({ verb: withdrawAndShow, output: requestDetail, params: ["id"] });
