import { listAudit } from "@/lib/audit/list-audit";
import { auditPage } from "@/lib/audit/schemas";
import { route } from "@/lib/http/route";

export const GET = route({ verb: listAudit, output: auditPage });
