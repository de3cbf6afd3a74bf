import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { PAYLOAD_TYPES, type PayloadKind, preAuthEncoding } from "@/agent/contract/dsse";
import { keyListText } from "@/agent/contract/v1";
import { sha256Hex } from "@/agent/src/crypto";

/** A console's keys, and what is signed with them. */
export class ConsoleSigner {
  readonly decision = generateKeyPairSync("ed25519");
  readonly log = generateKeyPairSync("ed25519");

  keys() {
    const one = (use: "decision" | "log", publicKey: KeyObject) => ({
      kid: `${use}-1`,
      use,
      publicKey: publicKey.export({ format: "jwk" }).x as string,
    });
    return [one("decision", this.decision.publicKey), one("log", this.log.publicKey)];
  }

  /** An enrolment token that pins these keys, or whatever else is given. */
  token(pin = sha256Hex(keyListText(this.keys())).slice(0, 32)): string {
    return `aet_${randomBytes(13).toString("hex")}_${randomBytes(32).toString("hex")}_${pin}`;
  }

  seal(kind: PayloadKind, payload: unknown, key = this.decision.privateKey, kid = "decision-1") {
    const bytes = Buffer.from(JSON.stringify(payload));
    const sig = sign(null, preAuthEncoding(PAYLOAD_TYPES[kind], bytes), key);
    return {
      payloadType: PAYLOAD_TYPES[kind],
      payload: bytes.toString("base64url"),
      signatures: [{ keyid: kid, sig: sig.toString("base64url") }],
    };
  }
}
