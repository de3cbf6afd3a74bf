import { z } from "zod";
import { instant, pageInput, pageOf } from "@/lib/core/paging";

const iso = z.iso.datetime();

export const auditEntryView = z.strictObject({
  id: z.string(),
  /** place in the log; null until the sequencer has ordered it */
  index: z.int().nullable(),
  time: iso,
  agentTime: iso.nullable(),
  actor: z.strictObject({
    type: z.string(),
    id: z.string(),
    name: z.string(),
    onBehalfOf: z.string().nullable(),
    ip: z.string().nullable(),
  }),
  action: z.string(),
  subject: z.strictObject({ type: z.string(), id: z.string(), name: z.string() }),
  outcome: z.enum(["success", "refused", "failed"]),
  reason: z.string().nullable(),
  httpRequestId: z.string().nullable(),
  correlation: z.string().nullable(),
  payloadDigest: z.string().nullable(),
  serverId: z.string().nullable(),
  toolId: z.string().nullable(),
  identityId: z.string().nullable(),
  requestId: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
});
export type AuditEntryView = z.infer<typeof auditEntryView>;
export const auditPage = pageOf(auditEntryView);

export const listAuditInput = z.object({
  ...pageInput,
  from: instant.optional(),
  to: instant.optional(),
  actor: z.string().max(100).optional(),
  action: z.string().max(60).optional(),
  subject: z.string().max(300).optional(),
  outcome: z.enum(["success", "refused", "failed"]).optional(),
  server: z.string().max(100).optional(),
  request: z.string().max(100).optional(),
  q: z.string().max(200).optional(),
});
export type ListAuditInput = z.infer<typeof listAuditInput>;
