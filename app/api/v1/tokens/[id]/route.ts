import { revokeToken } from "@/lib/auth/revoke-token";
import { tokenView } from "@/lib/auth/schemas";
import { route } from "@/lib/http/route";

export const DELETE = route({ verb: revokeToken, output: tokenView, params: ["id"] });
