import { me } from "@/lib/auth/me";
import { meView } from "@/lib/auth/schemas";
import { route } from "@/lib/http/route";

export const GET = route({ verb: me, output: meView });
