import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { type Envelope, PAYLOAD_TYPES, type PayloadKind, preAuthEncoding } from "@/agent/contract/dsse";
import type { ConsoleKey } from "@/agent/contract/v1";
import { env } from "./env";
import { processShared } from "./shared";

/** Five keys (decision 11), from the environment or from 0600 files; made on the first start, never in the database. */
export interface Keys {
  decision: SigningKey;
  log: SigningKey;
  /** AES-256-GCM */
  payload: SecretKey;
  /** HMAC-SHA-256, handed to agents at enrolment */
  fingerprint: SecretKey;
  /** sessions and cookies */
  auth: SecretKey;
}
export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
  /** raw 32 bytes, base64url */
  publicKey: string;
}
export interface SecretKey {
  kid: string;
  bytes: Buffer;
}

/** Creates a 0600 file at once with its contents, or leaves a standing one alone; two first starts agree on one key. */
function createOnce(file: string, contents: string) {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, contents, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    unlinkSync(draft);
  }
}

function read(use: string, make: () => string): string {
  const given = env().keyFromEnv(use);
  if (given) return given.trim();
  const file = path.join(env().keysDir, use);
  if (!existsSync(file)) createOnce(file, make());
  if ((statSync(file).mode & 0o077) !== 0) {
    chmodSync(file, 0o600);
  }
  return readFileSync(file, "utf8").trim();
}

function signing(use: "decision" | "log"): SigningKey {
  const text = read(use, () =>
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "der" }).toString("base64url"),
  );
  const privateKey = createPrivateKey({ key: Buffer.from(text, "base64url"), type: "pkcs8", format: "der" });
  const publicKey = createPublicKey(privateKey).export({ format: "jwk" }).x as string;
  const kid = `${use}-${createHash("sha256").update(Buffer.from(publicKey, "base64url")).digest("hex").slice(0, 16)}`;
  return { kid, privateKey, publicKey };
}

function secret(use: "payload" | "fingerprint" | "auth"): SecretKey {
  const text = read(use, () => randomBytes(32).toString("base64url"));
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length !== 32) throw new Error(`the ${use} key must be 32 bytes as base64url`);
  const kid = `${use}-${createHmac("sha256", bytes).update("assentry key id").digest("hex").slice(0, 16)}`;
  return { kid, bytes };
}

/** The keys of this process. Throws when a key file is unusable. */
export const keys = (): Keys =>
  processShared("assentry.keys", () => ({
    decision: signing("decision"),
    log: signing("log"),
    payload: secret("payload"),
    fingerprint: secret("fingerprint"),
    auth: secret("auth"),
  }));

/** Public halves, as agents pin them. */
export function consoleKeys(): ConsoleKey[] {
  const { decision, log } = keys();
  return [
    { kid: decision.kid, use: "decision", publicKey: decision.publicKey },
    { kid: log.kid, use: "log", publicKey: log.publicKey },
  ];
}

/** What the database keeps of every key: its id, and the public half where there is one. */
export function keyIds(): { kid: string; use: string; publicKey: string | null }[] {
  const k = keys();
  return [
    ...consoleKeys(),
    ...(["payload", "fingerprint", "auth"] as const).map((use) => ({
      kid: k[use].kid,
      use,
      publicKey: null,
    })),
  ];
}

/** Signs a statement for agents with the decision key, as a DSSE envelope. */
export function seal(kind: PayloadKind, statement: unknown): Envelope {
  const { kid, privateKey } = keys().decision;
  const payload = Buffer.from(JSON.stringify(statement), "utf8");
  const sig = sign(null, preAuthEncoding(PAYLOAD_TYPES[kind], payload), privateKey);
  return {
    payloadType: PAYLOAD_TYPES[kind],
    payload: payload.toString("base64url"),
    signatures: [{ keyid: kid, sig: sig.toString("base64url") }],
  };
}
