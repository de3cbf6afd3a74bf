import { z } from "zod";
import { auditPage } from "@/lib/audit/schemas";
import * as auth from "@/lib/auth/schemas";
import { channelStatusView } from "@/lib/notices/schemas";
import { healthView, statusView } from "@/lib/overview/schemas";
import * as policy from "@/lib/policy/schemas";
import * as requests from "@/lib/requests/schemas";
import * as servers from "@/lib/servers/schemas";

/** What the API answers with, by the name it has in the description. */
export const OUTPUTS = {
  AuditPage: auditPage,
  ChannelStatus: channelStatusView,
  CreatedToken: auth.createTokenOutput,
  CreatedUser: auth.createUserOutput,
  Description: z.record(z.string(), z.unknown()),
  Done: auth.done,
  Enrolment: servers.enrolServerOutput,
  Health: healthView,
  Judgement: policy.tryOutput,
  Me: auth.meView,
  Opened: requests.openOutput,
  Policy: policy.policyView,
  PolicyVersionPage: policy.policyVersionPage,
  Request: requests.requestDetail,
  RequestPage: requests.requestPage,
  ResetPassword: auth.resetPasswordOutput,
  Revealed: requests.revealOutput,
  RevokedSessions: auth.revokedSessions,
  Server: servers.serverView,
  ServerMode: servers.setModeOutput,
  ServerPage: servers.serverPage,
  SessionPage: auth.sessionPage,
  Status: statusView,
  Token: auth.tokenView,
  TokenPage: auth.tokenPage,
  Tool: servers.toolView,
  ToolPage: servers.toolPage,
  User: auth.userView,
  UserPage: auth.userPage,
} as const satisfies Record<string, z.ZodType>;
export type OutputName = keyof typeof OUTPUTS;
