import { route } from "@/lib/http/route";
import { getStatus } from "@/lib/overview/get-status";
import { statusView } from "@/lib/overview/schemas";

export const GET = route({ verb: getStatus, output: statusView });
