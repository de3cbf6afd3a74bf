import { z } from "zod";
import { mode, riskClass, sha256Hex, tier } from "@/agent/contract/vocabulary";
import { pageInput, pageOf } from "@/lib/core/paging";

const iso = z.iso.datetime();

export const agentView = z.strictObject({
  id: z.string(),
  version: z.string(),
  hostname: z.string(),
  platform: z.string(),
  osUser: z.string(),
  enrolledAt: iso,
  lastSeenAt: iso.nullable(),
  /** instances with an open stream right now */
  connected: z.int(),
  /** the bundle it acknowledged is the standing one */
  upToDate: z.boolean(),
});

export const serverView = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  environment: z.string().nullable(),
  owner: z.strictObject({ id: z.string(), name: z.string() }).nullable(),
  mode,
  observe: z.strictObject({ reason: z.string(), until: iso }).nullable(),
  enforcement: z.string(),
  serverInfo: z.strictObject({ name: z.string(), version: z.string() }).nullable(),
  tools: z.int(),
  /** requests waiting for a decision */
  waiting: z.int(),
  agents: z.array(agentView),
  lastSeenAt: iso.nullable(),
  lastListedAt: iso.nullable(),
  createdAt: iso,
});
export type ServerView = z.infer<typeof serverView>;
export const serverPage = pageOf(serverView);

export const toolView = z.strictObject({
  id: z.string(),
  server: z.strictObject({ id: z.string(), name: z.string() }),
  name: z.string(),
  title: z.string().nullable(),
  state: z.string(),
  digest: sha256Hex.nullable(),
  riskClass,
  tier,
  reasons: z.array(z.string()),
  findings: z.array(z.unknown()),
  lastSeenAt: iso,
  gone: z.boolean(),
});
export type ToolView = z.infer<typeof toolView>;
export const toolPage = pageOf(toolView);

export const listServersInput = z.object({ ...pageInput, q: z.string().max(200).optional() });
export const serverIdInput = z.object({ id: z.string().max(100) });
export const listToolsInput = z.object({
  ...pageInput,
  state: z.string().max(100).optional(),
  server: z.string().max(100).optional(),
});

export const enrolServerInput = z.object({
  server: z
    .string()
    .trim()
    .min(1)
    .max(80)
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u, "letters, digits, space, dot, dash and underscore"),
  /** e-mail address of an account; `owner@localhost` is one too */
  owner: z.string().trim().min(3).max(254).optional(),
});
export const enrolServerOutput = z.strictObject({
  token: z.string(),
  server: z.strictObject({ id: z.string(), name: z.string() }),
  expiresAt: iso,
});

export const setModeInput = z.object({
  id: z.string().max(100),
  mode,
  reason: z.string().trim().min(5).max(500).optional(),
  until: iso.optional(),
});
export const setModeOutput = z.strictObject({ id: z.string(), mode });
