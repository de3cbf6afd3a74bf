import { route } from "@/lib/http/route";
import { listRequests } from "@/lib/requests/list-requests";
import { requestPage } from "@/lib/requests/schemas";

export const GET = route({ verb: listRequests, output: requestPage });
