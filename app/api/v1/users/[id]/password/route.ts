import { resetPassword } from "@/lib/auth/reset-password";
import { resetPasswordOutput } from "@/lib/auth/schemas";
import { route } from "@/lib/http/route";

export const POST = route({ verb: resetPassword, output: resetPasswordOutput, params: ["id"] });
