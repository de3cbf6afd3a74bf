import { revokeSession } from "@/lib/auth/revoke-sessions";
import { revokedSessions } from "@/lib/auth/schemas";
import { route } from "@/lib/http/route";

export const DELETE = route({ verb: revokeSession, output: revokedSessions, params: ["id"] });
