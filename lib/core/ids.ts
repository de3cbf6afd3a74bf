import { randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export type IdPrefix =
  | "usr"
  | "tok"
  | "srv"
  | "agt"
  | "enr"
  | "nhi"
  | "tool"
  | "req"
  | "vote"
  | "evt"
  | "ntc"
  | "ins"
  | "http";

/** A UUIDv7 (RFC 9562: 48 bits of milliseconds, then random) in Crockford's base32, behind a prefix: sorts by time. */
export function newId(prefix: IdPrefix, now = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  let value = BigInt(`0x${bytes.toString("hex")}`);
  let text = "";
  for (let i = 0; i < 26; i++) {
    text = ALPHABET[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return `${prefix}_${text}`;
}
