import { userView } from "@/lib/auth/schemas";
import { updateUser } from "@/lib/auth/update-user";
import { route } from "@/lib/http/route";

export const PATCH = route({ verb: updateUser, output: userView, params: ["id"] });
