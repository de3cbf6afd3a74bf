import { randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** ins: a process · cal: a call · ses: a session */
export type IdPrefix = "ins" | "cal" | "ses";

/** 48 bits of milliseconds and 80 random bits in Crockford's base32, behind a prefix: sorts by time. */
export function newId(prefix: IdPrefix, now = Date.now()): string {
  const bytes = randomBytes(16);
  let text = "";
  for (let value = now, i = 0; i < 10; i++) {
    text = ALPHABET[value % 32] + text;
    value = Math.floor(value / 32);
  }
  for (const byte of bytes) text += ALPHABET[byte & 31];
  return `${prefix}_${text}`;
}

/** 128 random bits in base64url; names one attempt. */
export const newNonce = (): string => randomBytes(16).toString("base64url");
