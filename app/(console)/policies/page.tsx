import type { Metadata } from "next";
import { PoliciesScreen } from "@/components/policies/policies-screen";
import { policyQuery, versionsQuery } from "@/components/policies/queries";
import { requireUser } from "@/lib/auth/current-context";
import { getPolicy, listPolicyVersions } from "@/lib/policy/get-policy";
import { Prefetched } from "../prefetched";

export const metadata: Metadata = { title: "Policies" };

export default async function PoliciesPage() {
  const context = await requireUser();
  const versions = {
    queryKey: versionsQuery.queryKey,
    queryFn: () => listPolicyVersions(context, { limit: 20 }),
    infinite: true,
  };
  return (
    <Prefetched
      queries={[{ queryKey: policyQuery().queryKey, queryFn: () => getPolicy(context, {}) }, versions]}
    >
      <PoliciesScreen />
    </Prefetched>
  );
}
