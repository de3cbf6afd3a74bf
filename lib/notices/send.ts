import { isIP } from "node:net";
import { createTransport } from "nodemailer";
import { Webhook } from "standardwebhooks";
import { env } from "@/lib/core/env";
import { assertOutboundHost, OutboundError, outbound } from "@/lib/http/outbound";
import { composeEvent, composeMail, type NoticeFacts } from "./compose";

const STEP_MS = 5_000;
/** No delivery takes longer than this; a notice's lease must outlive it. */
export const LONGEST_DELIVERY_MS = 15_000;

/** Why a notice did not get out, in our own words: relays and receivers may repeat what we sent them. */
export class DeliveryError extends Error {}

const RELAY: Record<string, string> = {
  EAUTH: "did not accept our name and password",
  EENVELOPE: "did not take the sender or the recipient",
  EMESSAGE: "did not take the message",
  ETLS: "could not be reached by TLS",
  ETIMEDOUT: "did not answer in time",
  EPROTOCOL: "does not speak SMTP",
};

function relayFailure(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (error instanceof OutboundError) return new DeliveryError(`the mail relay: ${error.message}`);
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const words = RELAY[String(code)] ?? "could not be reached";
  const answer = typeof responseCode === "number" ? ` (${responseCode})` : "";
  return new DeliveryError(`the mail relay ${words}${answer}`);
}

async function within<T>(work: Promise<T>, late: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late();
      reject(new DeliveryError("the mail relay did not answer in time"));
    }, LONGEST_DELIVERY_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Mails one person through the operator's relay. Throws DeliveryError when the relay does not take it. */
export async function sendMail(to: string, noticeId: string, facts: NoticeFacts): Promise<void> {
  const relay = new URL(env().smtpUrl as string);
  const secure = relay.protocol === "smtps:";
  const port = Number(relay.port || (secure ? 465 : 587));
  try {
    // The relay is the operator's own configuration, so it may stand in the private network.
    const pinned = await assertOutboundHost(relay.hostname, port, [`${relay.hostname}:${port}`]);
    const transport = createTransport({
      host: pinned.address,
      port,
      secure,
      ...(isIP(relay.hostname.replace(/^\[|\]$/g, "")) ? {} : { tls: { servername: relay.hostname } }),
      ...(relay.username
        ? {
            auth: { user: decodeURIComponent(relay.username), pass: decodeURIComponent(relay.password) },
            requireTLS: !secure,
          }
        : {}),
      connectionTimeout: STEP_MS,
      greetingTimeout: STEP_MS,
      socketTimeout: STEP_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const { subject, text } = composeMail(facts);
    const sending = transport.sendMail({
      from: env().mailFrom,
      to: { name: "", address: to },
      subject,
      text,
      // The same over retries, so that a mail that came twice can be told from two.
      messageId: `<${noticeId}@${new URL(env().authUrl).hostname}>`,
      headers: { "X-Assentry-Notice": noticeId, "Auto-Submitted": "auto-generated" },
    });
    await within(sending, () => transport.close()).finally(() => transport.close());
  } catch (error) {
    throw relayFailure(error);
  }
}

/** Posts one signed event (Standard Webhooks); anything but 2xx is a failure. The id is stable over retries. */
export async function sendWebhook(noticeId: string, facts: NoticeFacts): Promise<void> {
  const hook = env().webhook;
  if (!hook) throw new DeliveryError("no webhook is configured");
  const body = JSON.stringify(composeEvent(facts));
  const at = new Date();
  const signature = new Webhook(hook.secret).sign(noticeId, at, body);
  let answer: Response;
  try {
    answer = await outbound(hook.url, {
      method: "POST",
      timeoutMs: STEP_MS,
      maxBytes: 100_000,
      body,
      headers: {
        "content-type": "application/json",
        "webhook-id": noticeId,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
        "webhook-signature": signature,
      },
    });
  } catch (error) {
    throw new DeliveryError(
      error instanceof OutboundError ? `the webhook: ${error.message}` : "the webhook could not be reached",
    );
  }
  if (!answer.ok) throw new DeliveryError(`the webhook's receiver answered ${answer.status}`);
}
