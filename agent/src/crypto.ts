import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import type { Verifier } from "../contract/dsse";
import type { ConsoleKey } from "../contract/v1";

export const sha256Hex = (data: string | Uint8Array): string => hash("sha256", data, "hex");
export const sha256Base64 = (data: string | Uint8Array): string => hash("sha256", data, "base64");
export const hmacHex = (key: Uint8Array, data: string | Uint8Array): string =>
  createHmac("sha256", key).update(data).digest("hex");

/** base64url text to bytes; Buffer would skip what it does not know, so the text is checked first. */
export function decodeBase64url(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new Error("not base64url");
  return Buffer.from(text, "base64url");
}

export interface AgentKey {
  /** raw 32-byte public key, base64url */
  readonly publicKey: string;
  /** Ed25519 signature as base64 */
  sign(text: string): string;
}

export function newPrivateKeyPem(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

export function agentKey(pem: string): AgentKey {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== "ed25519") throw new Error("the agent's key is not an Ed25519 key");
  const { x } = createPublicKey(key).export({ format: "jwk" });
  if (typeof x !== "string") throw new Error("the agent's key has no public half");
  return { publicKey: x, sign: (text) => sign(null, Buffer.from(text), key).toString("base64") };
}

/** Checks statements by the console's pinned decision keys; log keys sign nothing that an agent obeys. */
export function consoleVerifier(keys: readonly ConsoleKey[]): Verifier {
  const known = new Map<string, KeyObject>();
  for (const key of keys)
    if (key.use === "decision")
      known.set(
        key.kid,
        createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key.publicKey }, format: "jwk" }),
      );
  return {
    decode: decodeBase64url,
    verify(keyid, bytes, sig) {
      const key = known.get(keyid);
      return key !== undefined && verify(null, bytes, key, sig);
    },
  };
}
