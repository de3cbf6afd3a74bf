import { changePassword } from "@/lib/auth/change-password";
import { done } from "@/lib/auth/schemas";
import { route } from "@/lib/http/route";

export const POST = route({ verb: changePassword, output: done });
