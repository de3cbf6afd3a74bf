import { env } from "@/lib/core/env";

export type Channel = "email" | "webhook";

/** What the operator configured; nothing else is ever sent. */
export function configuredChannels(): Channel[] {
  const channels: Channel[] = [];
  if (env().smtpUrl) channels.push("email");
  if (env().webhook) channels.push("webhook");
  return channels;
}
