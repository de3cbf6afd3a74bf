import { listOwnSessions } from "@/lib/auth/list-own-sessions";
import { revokeOtherSessions } from "@/lib/auth/revoke-sessions";
import { revokedSessions, sessionPage } from "@/lib/auth/schemas";
import { route } from "@/lib/http/route";

export const GET = route({ verb: listOwnSessions, output: sessionPage });
export const DELETE = route({ verb: revokeOtherSessions, output: revokedSessions });
