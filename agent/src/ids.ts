import { randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** ins: a process · cal: a call · ses: a session */
export type IdPrefix = "ins" | "cal" | "ses";

/** Random bytes are drawn for many ids at once: drawing them costs more than all the rest. */
const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);
let used = POOL_BYTES;

/** 48 bits of milliseconds and 80 random bits in Crockford's base32, behind a prefix: sorts by time. */
export function newId(prefix: IdPrefix, now = Date.now()): string {
  if (used + 16 > POOL_BYTES) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  const bytes = pool.subarray(used, used + 16);
  used += 16;
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
