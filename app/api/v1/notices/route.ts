import { route } from "@/lib/http/route";
import { channelStatus, channelStatusView } from "@/lib/notices/channel-status";

export const GET = route({ verb: channelStatus, output: channelStatusView });
