import type { Metadata } from "next";
import { AuditScreen } from "@/components/audit/audit-screen";
import { readAuditFilter } from "@/components/audit/filters";
import { auditQuery } from "@/components/timeline/queries";
import { listAudit } from "@/lib/audit/list-audit";
import { requireUser } from "@/lib/auth/current-context";
import { Prefetched } from "../prefetched";
import { type Search, searchReader } from "../search";

export const metadata: Metadata = { title: "Audit" };

export default async function AuditPage({ searchParams }: { searchParams: Search }) {
  const context = await requireUser();
  const filter = readAuditFilter(searchReader(await searchParams));
  const { queryKey } = auditQuery(filter);
  const queryFn = () => listAudit(context, { ...filter, limit: 50 });
  return (
    <Prefetched queries={[{ queryKey, queryFn, infinite: true }]}>
      <AuditScreen />
    </Prefetched>
  );
}
