import { z } from "zod";

/** Whether notices leave the house, by channel, over the last seven days. */
export const channelStatusView = z.strictObject({
  channels: z.array(
    z.strictObject({
      kind: z.enum(["email", "webhook"]),
      configured: z.boolean(),
      queued: z.int(),
      delivered: z.int(),
      failed: z.int(),
      lastError: z.string().nullable(),
    }),
  ),
});
