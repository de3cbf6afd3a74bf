import { randomBytes, timingSafeEqual } from "node:crypto";
import type { CallerFacts } from "../contract/v1";
import { hmacHex, sha256Hex } from "./crypto";
import { StateDir, StateDirError } from "./state-dir";

const FIRST = "credential";
const NAMED = "credentials";

/** A secret that clients show, and the file that holds it. */
interface Credential {
  readonly name: string | null;
  readonly secret: string;
  readonly digest: Buffer;
  readonly path: string;
}

function load(dir: StateDir, file: string, name: string | null): Credential {
  const secret = (
    dir.read(file) ?? dir.create(file, `asc_${randomBytes(32).toString("base64url")}\n`)
  ).trim();
  if (!/^[\x21-\x7e]{32,512}$/.test(secret))
    throw new StateDirError(`${file} does not hold a credential of 32 to 512 characters`);
  return { name, secret, digest: digestOf(secret), path: dir.file(file) };
}

const digestOf = (text: string): Buffer => Buffer.from(sha256Hex(text), "hex");

/** The credential of an Authorization header with the scheme Bearer, or null. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer +([\x21-\x7e]{1,8192})$/i.exec(authorization ?? "")?.[1] ?? null;
}

/** The secrets that `serve` accepts; each is a caller of its own. */
export class Credentials {
  private constructor(private readonly known: readonly Credential[]) {}

  /** Makes the files that are missing (0600). Throws StateDirError. */
  static open(stateDir: string, names: readonly string[]): Credentials {
    const dir = StateDir.open(stateDir);
    const first = load(dir, FIRST, null);
    if (names.length === 0) return new Credentials([first]);
    const named = StateDir.open(dir.file(NAMED));
    return new Credentials([first, ...names.map((name) => load(named, name, name))]);
  }

  get paths(): string[] {
    return this.known.map(({ path }) => path);
  }

  /** The credential that the client showed. Takes equally long for every wrong one. */
  find(authorization: string | undefined): Credential | null {
    const given = digestOf(bearerOf(authorization) ?? "");
    let found: Credential | null = null;
    for (const credential of this.known) if (timingSafeEqual(given, credential.digest)) found = credential;
    return found;
  }
}

/** @param fingerprintKey of the enrolment @param credential what the client showed */
export function credentialCaller(
  fingerprintKey: Uint8Array,
  credential: string,
  name: string | null = null,
): CallerFacts {
  const mark = hmacHex(fingerprintKey, `credential:${credential}`);
  return { key: `cred:${mark}`, kind: "credential", name: `credential ${name ?? `${mark.slice(0, 8)}…`}` };
}
