import { route } from "@/lib/http/route";
import { tryOutput } from "@/lib/policy/schemas";
import { tryCall } from "@/lib/policy/try-call";

export const POST = route({ verb: tryCall, output: tryOutput });
