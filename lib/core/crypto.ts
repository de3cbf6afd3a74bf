import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { keys } from "./keys";

export const sha256 = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");

/** Keyed by the installation, so that low-entropy values cannot be guessed from what leaves a row. */
export const fingerprint = (purpose: string, text: string): string =>
  createHmac("sha256", keys().fingerprint.bytes).update(`${purpose}\n${text}`).digest("hex");

export const randomHex = (bytes: number): string => randomBytes(bytes).toString("hex");

export function equalHex(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

export interface Sealed {
  keyId: string;
  iv: Buffer;
  ciphertext: Buffer;
}

/** AES-256-GCM under the payload key; `about` (request id and kind) is authenticated, so a row cannot be moved. */
export function encryptPayload(text: string, about: string): Sealed {
  const { kid, bytes } = keys().payload;
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", bytes, iv);
  cipher.setAAD(Buffer.from(about));
  const ciphertext = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return { keyId: kid, iv, ciphertext };
}

/** Throws when the key is another, or the row was altered or moved. */
export function decryptPayload({ keyId, iv, ciphertext }: Sealed, about: string): string {
  const { kid, bytes } = keys().payload;
  if (keyId !== kid) throw new Error(`this payload needs the key ${keyId}`);
  const decipher = createDecipheriv("aes-256-gcm", bytes, iv);
  decipher.setAAD(Buffer.from(about));
  decipher.setAuthTag(ciphertext.subarray(ciphertext.length - 16));
  return Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]).toString("utf8");
}
