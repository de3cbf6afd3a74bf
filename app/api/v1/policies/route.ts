import { route } from "@/lib/http/route";
import { getPolicy } from "@/lib/policy/get-policy";
import { publishPolicy } from "@/lib/policy/publish";
import { policyView } from "@/lib/policy/schemas";

export const GET = route({ verb: getPolicy, output: policyView });
export const PUT = route({ verb: publishPolicy, output: policyView });
