import { z } from "zod";

/**
 * DSSE envelopes (github.com/secure-systems-lab/dsse): everything the console signs for agents.
 * Each kind of statement has its own payload type, so that one can never be passed off as another.
 */
export const PAYLOAD_TYPES = {
  bundle: "application/vnd.assentry.bundle.v1+json",
  heartbeat: "application/vnd.assentry.heartbeat.v1+json",
  hello: "application/vnd.assentry.hello.v1+json",
  ticket: "application/vnd.assentry.ticket.v1+json",
} as const;
export type PayloadKind = keyof typeof PAYLOAD_TYPES;

export const envelope = z.strictObject({
  payloadType: z.string().max(200),
  /** base64url of the UTF-8 payload */
  payload: z.string().max(4_000_000),
  signatures: z
    .array(z.strictObject({ keyid: z.string().max(100), sig: z.string().max(200) }))
    .min(1)
    .max(4),
});
export type Envelope = z.infer<typeof envelope>;

/** The bytes a signature covers: DSSE's pre-authentication encoding. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const utf8 = new TextEncoder();
  const type = utf8.encode(payloadType);
  const head = utf8.encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  const out = new Uint8Array(head.length + payload.length);
  out.set(head, 0);
  out.set(payload, head.length);
  return out;
}

export interface Verifier {
  /** base64url text to bytes; throws on malformed input */
  decode(base64url: string): Uint8Array;
  /** true when `sig` over `bytes` verifies under the trusted key `keyid`; false for an unknown key */
  verify(keyid: string, bytes: Uint8Array, sig: Uint8Array): boolean;
}

/**
 * Opens an envelope of one kind: checks payload type and signature by a trusted key, then parses the payload.
 * Throws an Error that names what is wrong; never returns unverified data.
 */
export function openEnvelope<T>(
  kind: PayloadKind,
  schema: z.ZodType<T>,
  value: unknown,
  verifier: Verifier,
): T {
  const parsed = envelope.parse(value);
  if (parsed.payloadType !== PAYLOAD_TYPES[kind]) throw new Error(`not a ${kind} envelope`);
  const payload = verifier.decode(parsed.payload);
  const signed = preAuthEncoding(parsed.payloadType, payload);
  const good = parsed.signatures.some((s) => verifier.verify(s.keyid, signed, verifier.decode(s.sig)));
  if (!good) throw new Error(`the ${kind} is not signed by a known console key`);
  return schema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)));
}
