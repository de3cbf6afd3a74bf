import type { z } from "zod";
import { listAuditInput } from "@/lib/audit/schemas";
import type { ErrorCode } from "@/lib/core/errors";
import type { Permission } from "@/lib/core/permissions";
import * as policy from "@/lib/policy/schemas";
import * as requests from "@/lib/requests/schemas";
import * as servers from "@/lib/servers/schemas";
import type { OutputName } from "./openapi-outputs";

export interface Operation {
  method: "get" | "post" | "put" | "patch" | "delete";
  /** below /api/v1 */
  path: string;
  summary: string;
  /** any of these suffices; `person`: whoever is signed in, no token; `open`: no login */
  access: readonly Permission[] | "person" | "open";
  input?: z.ZodType;
  output: OutputName;
  status?: number;
  /** beyond what every operation may answer */
  errors?: readonly ErrorCode[];
}

const paged: readonly ErrorCode[] = ["malformed"];
const one: readonly ErrorCode[] = ["malformed", "not_found"];

const about: Operation[] = [
  {
    method: "get",
    path: "/openapi.json",
    summary: "This description",
    access: "open",
    output: "Description",
  },
  {
    method: "get",
    path: "/health",
    summary: "Ready or not, part by part; 503 with the same body when not",
    access: "open",
    output: "Health",
  },
  {
    method: "get",
    path: "/status",
    summary: "What waits, who asks, which rules of the house are in force",
    access: ["requests.read"],
    output: "Status",
  },
  {
    method: "get",
    path: "/notices",
    summary: "Whether notices leave the house, by channel, over seven days",
    access: ["notices.read"],
    output: "ChannelStatus",
  },
  {
    method: "get",
    path: "/audit",
    summary: "The trail, newest first; who may not read it all sees their own acts",
    access: ["audit.read", "audit.own"],
    input: listAuditInput,
    output: "AuditPage",
    errors: paged,
  },
];

const held: Operation[] = [
  {
    method: "get",
    path: "/requests",
    summary: "Held calls, newest first; `state` is a state, several by comma, or waiting, open, history",
    access: ["requests.read"],
    input: requests.listRequestsInput,
    output: "RequestPage",
    errors: paged,
  },
  {
    method: "get",
    path: "/requests/{id}",
    summary: "One held call with all that helps to decide it",
    access: ["requests.read"],
    output: "Request",
    errors: one,
  },
  {
    method: "post",
    path: "/requests/{id}/decision",
    summary: "Approve or deny the call with this digest; a standing decision is in `error.details`",
    access: ["requests.decide"],
    input: requests.decideInput,
    output: "Request",
    errors: [...one, "already_decided", "expired", "invalidated", "conflict", "digest_mismatch"],
  },
  {
    method: "post",
    path: "/requests/{id}/withdraw",
    summary: "Take an approval back before it was released",
    access: ["requests.decide"],
    input: requests.withdrawInput,
    output: "Request",
    errors: [...one, "conflict"],
  },
  {
    method: "post",
    path: "/requests/{id}/open",
    summary: "Note that the arguments were on one's screen",
    access: ["requests.arguments"],
    output: "Opened",
    errors: one,
  },
  {
    method: "post",
    path: "/requests/{id}/reveal",
    summary: "The arguments with masked values shown; recorded each time",
    access: ["requests.reveal"],
    output: "Revealed",
    errors: one,
  },
];

const rules: Operation[] = [
  {
    method: "get",
    path: "/policies",
    summary: "The policy in force, or the version named",
    access: ["policies.read"],
    input: policy.getPolicyInput,
    output: "Policy",
    errors: one,
  },
  {
    method: "put",
    path: "/policies",
    summary: "Publish a document on top of `baseVersion`; each bad rule is named by its place",
    access: ["policies.publish"],
    input: policy.publishInput,
    output: "Policy",
    errors: ["malformed", "stale_version", "invalid"],
  },
  {
    method: "get",
    path: "/policies/versions",
    summary: "What was published, newest first",
    access: ["policies.read"],
    input: policy.listVersionsInput,
    output: "PolicyVersionPage",
    errors: paged,
  },
  {
    method: "post",
    path: "/policies/try",
    summary: "What one call would meet, under a draft or the policy in force; changes nothing",
    access: ["policies.read"],
    input: policy.tryInput,
    output: "Judgement",
    errors: ["malformed", "invalid"],
  },
];

const inventory: Operation[] = [
  {
    method: "get",
    path: "/servers",
    summary: "Servers by name; a member sees their own",
    access: ["servers.read"],
    input: servers.listServersInput,
    output: "ServerPage",
    errors: paged,
  },
  {
    method: "post",
    path: "/servers",
    summary: "A one-time enrolment token for a server, made with it when the name is new",
    access: ["agents.enrol"],
    input: servers.enrolServerInput,
    output: "Enrolment",
    status: 201,
    errors: ["malformed", "conflict", "invalid"],
  },
  {
    method: "get",
    path: "/servers/{id}",
    summary: "One server with its agents",
    access: ["servers.read"],
    output: "Server",
    errors: one,
  },
  {
    method: "post",
    path: "/servers/{id}/mode",
    summary: "Enforce, or observe with a reason and an end",
    access: ["servers.manage"],
    input: servers.setModeInput,
    output: "ServerMode",
    errors: [...one, "invalid"],
  },
  {
    method: "get",
    path: "/tools",
    summary: "Tools as agents listed them",
    access: ["servers.read"],
    input: servers.listToolsInput,
    output: "ToolPage",
    errors: paged,
  },
  {
    method: "get",
    path: "/tools/{id}",
    summary: "One tool",
    access: ["servers.read"],
    output: "Tool",
    errors: one,
  },
];

/** All but accounts, sessions and tokens, which are in openapi-people.ts. */
export const CORE_OPERATIONS: readonly Operation[] = [...about, ...held, ...rules, ...inventory];
