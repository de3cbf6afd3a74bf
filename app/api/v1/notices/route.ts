import { route } from "@/lib/http/route";
import { channelStatus } from "@/lib/notices/channel-status";
import { channelStatusView } from "@/lib/notices/schemas";

export const GET = route({ verb: channelStatus, output: channelStatusView });
