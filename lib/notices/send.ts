import { createTransport } from "nodemailer";
import { Webhook } from "standardwebhooks";
import { env } from "@/lib/core/env";
import { assertOutboundHost, outbound } from "@/lib/http/outbound";
import { composeEvent, composeMail, type NoticeFacts } from "./compose";

const TIMEOUT_MS = 5_000;

/** Mails one person through the operator's relay. Throws when the relay does not take it. */
export async function sendMail(to: string, noticeId: string, facts: NoticeFacts): Promise<void> {
  const relay = new URL(env().smtpUrl as string);
  const secure = relay.protocol === "smtps:";
  const port = Number(relay.port || (secure ? 465 : 587));
  // The relay is the operator's own configuration, so it may stand in the private network.
  const pinned = await assertOutboundHost(relay.hostname, port, [`${relay.hostname}:${port}`]);
  const transport = createTransport({
    host: pinned.address,
    port,
    secure,
    tls: { servername: relay.hostname },
    ...(relay.username
      ? {
          auth: { user: decodeURIComponent(relay.username), pass: decodeURIComponent(relay.password) },
          requireTLS: !secure,
        }
      : {}),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  });
  try {
    const { subject, text } = composeMail(facts);
    await transport.sendMail({
      from: env().mailFrom,
      to,
      subject,
      text,
      headers: { "X-Assentry-Notice": noticeId },
    });
  } finally {
    transport.close();
  }
}

/** Posts one signed event (Standard Webhooks); anything but 2xx is a failure. The id is stable over retries. */
export async function sendWebhook(noticeId: string, facts: NoticeFacts): Promise<void> {
  const hook = env().webhook;
  if (!hook) throw new Error("no webhook is configured");
  const body = JSON.stringify(composeEvent(facts));
  const at = new Date();
  const signature = new Webhook(hook.secret).sign(noticeId, at, body);
  const answer = await outbound(hook.url, {
    method: "POST",
    timeoutMs: TIMEOUT_MS,
    body,
    headers: {
      "content-type": "application/json",
      "webhook-id": noticeId,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": signature,
    },
  });
  if (!answer.ok) throw new Error(`the receiver answered ${answer.status}`);
}
