import { route } from "@/lib/http/route";
import { listPolicyVersions } from "@/lib/policy/get-policy";
import { policyVersionPage } from "@/lib/policy/schemas";

export const GET = route({ verb: listPolicyVersions, output: policyVersionPage });
