import { z } from "zod";

/** What the shell shows on every page. */
export const statusView = z.strictObject({
  waiting: z.int(),
  servers: z.int(),
  posture: z.enum(["single_operator", "four_eyes"]),
  demo: z.boolean(),
  policyVersion: z.int(),
  /** entries in the log; null while the sequencer is behind or stopped */
  logSize: z.int(),
  me: z.strictObject({
    id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    role: z.string().nullable(),
    permissions: z.array(z.string()),
  }),
});
export type StatusView = z.infer<typeof statusView>;

export const healthView = z.strictObject({
  ready: z.boolean(),
  database: z.enum(["ok", "unreachable"]),
  listener: z.enum(["ok", "reconnecting"]),
  sequencer: z.strictObject({
    state: z.enum(["ok", "behind", "stopped"]),
    size: z.int().nullable(),
    queued: z.int().nullable(),
  }),
  /** false: the application's role could rewrite the trail (ASSENTRY_ALLOW_OWNER_ROLE) */
  appendOnly: z.boolean().nullable(),
  version: z.string(),
});
