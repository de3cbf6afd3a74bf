import { route } from "@/lib/http/route";
import { getRequest } from "@/lib/requests/get-request";
import { requestDetail } from "@/lib/requests/schemas";

export const GET = route({ verb: getRequest, output: requestDetail, params: ["id"] });
