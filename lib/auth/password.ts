import { randomBytes } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";

/** argon2id (the library's default) as OWASP suggests for small machines: 19 MiB, two passes, one lane; about 25 ms. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const hashPassword = (password: string): Promise<string> => hash(password.normalize("NFKC"), COST);

let standIn: Promise<string> | null = null;

/** Takes as long for an account that does not exist (or has no password) as for one that does. */
export async function verifyPassword(standing: string | null, password: string): Promise<boolean> {
  standIn ??= hashPassword(randomBytes(16).toString("hex"));
  const other = await standIn;
  const right = await verify(standing ?? other, password.normalize("NFKC"));
  return standing !== null && right;
}

const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/** To be read aloud and typed once: 20 letters and digits in groups of five, 99 bits. */
export function oneTimePassword(): string {
  let text = "";
  while (text.length < 20) {
    const [byte] = randomBytes(1) as unknown as [number];
    if (byte < 248) text += LETTERS[byte % 31];
  }
  return text.replace(/(.{5})(?=.)/g, "$1-");
}
