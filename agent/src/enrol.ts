import { hostname, platform, release, userInfo } from "node:os";
import { z } from "zod";
import { type ConsoleKey, consoleKey, type EnrolOutput, enrolOutput, keyListText } from "../contract/v1";
import type { AgentConfig } from "./config";
import { refusalOf } from "./console";
import { type AgentKey, sha256Hex } from "./crypto";
import { HttpClient, Unreachable } from "./http";
import { errorText, log } from "./log";
import type { StateDir } from "./state-dir";
import { AGENT_VERSION } from "./version";

/** What the state directory keeps of enrolment. */
const enrolmentFile = z.strictObject({
  ...enrolOutput.shape,
  consoleUrl: z.url(),
  /** the public key that was enrolled; another key in the directory makes this void */
  publicKey: z.string(),
});

/** Who this agent is, and whom it obeys. */
export interface Identity {
  readonly agentId: string;
  readonly serverId: string;
  readonly serverName: string;
  readonly consoleUrl: URL;
  readonly consoleKeys: readonly ConsoleKey[];
  readonly fingerprintKey: Uint8Array;
  readonly key: AgentKey;
}

/** Enrolment will not succeed by trying again. The message holds no secret and may be shown. */
export class EnrolmentError extends Error {
  override readonly name = "EnrolmentError";
}

const FILE = "enrolment.json";

/** The identity kept in the state directory, or null. Throws EnrolmentError when it is not this server's or this key's. */
export function loadIdentity(dir: StateDir, config: AgentConfig, key: AgentKey): Identity | null {
  const text = dir.read(FILE);
  if (text === null) return null;
  let kept: z.infer<typeof enrolmentFile>;
  try {
    kept = enrolmentFile.parse(JSON.parse(text));
  } catch {
    throw new EnrolmentError("the enrolment kept in the state directory cannot be read");
  }
  if (kept.serverName !== config.server)
    throw new EnrolmentError(`the state directory belongs to the server "${kept.serverName}"`);
  if (kept.publicKey !== key.publicKey)
    throw new EnrolmentError("the key in the state directory is not the enrolled one");
  return {
    agentId: kept.agentId,
    serverId: kept.serverId,
    serverName: kept.serverName,
    consoleUrl: config.consoleUrl ?? new URL(kept.consoleUrl),
    consoleKeys: kept.consoleKeys.map((item) => consoleKey.parse(item)),
    fingerprintKey: Buffer.from(kept.fingerprintKey, "base64url"),
    key,
  };
}

async function askConsole(consoleUrl: URL, token: string, server: string, key: AgentKey) {
  const http = new HttpClient();
  try {
    const url = new URL(`${consoleUrl.pathname.replace(/\/$/, "")}/api/agent/v1/enroll`, consoleUrl);
    const body = JSON.stringify({
      token,
      server,
      publicKey: key.publicKey,
      agentVersion: AGENT_VERSION,
      host: {
        hostname: hostname().slice(0, 255),
        platform: `${platform()} ${release()}`.slice(0, 100),
        osUser: userInfo().username.slice(0, 100),
      },
    });
    const reply = await http.post(url, {}, body, { timeoutMs: 10_000 });
    if (reply.status >= 500) throw new Unreachable(`the console answered ${reply.status}`);
    if (reply.status < 200 || reply.status >= 300) {
      const refusal = refusalOf(reply.status, reply.body);
      if (reply.status === 429) throw new Unreachable(refusal.message);
      throw new EnrolmentError(`the console refused the enrolment: ${refusal.message} (${refusal.code})`);
    }
    return reply.body;
  } finally {
    http.close();
  }
}

/** The token pins the console's keys: an answer with others comes from somebody else. */
export function checkEnrolment(token: string, server: string, body: string): EnrolOutput {
  let output: EnrolOutput;
  try {
    output = enrolOutput.parse(JSON.parse(body));
  } catch {
    throw new EnrolmentError("the console's answer to the enrolment is not what was agreed");
  }
  const pinned = token.slice(token.lastIndexOf("_") + 1);
  if (sha256Hex(keyListText(output.consoleKeys)).slice(0, 32) !== pinned)
    throw new EnrolmentError("the console's keys are not those the enrolment token names: not enrolled");
  if (output.serverName !== server)
    throw new EnrolmentError(`the token was made for the server "${output.serverName}"`);
  return output;
}

/** Enrols once; of several processes one asks and the others use its result. Throws Unreachable or EnrolmentError. */
export async function enrol(dir: StateDir, config: AgentConfig, key: AgentKey): Promise<Identity> {
  return dir.locked("enrol.lock", async () => {
    const known = loadIdentity(dir, config, key);
    if (known) return known;
    const { enrolToken, consoleUrl } = config;
    if (!enrolToken || !consoleUrl) throw new EnrolmentError("not enrolled, and no token was given");
    const body = await askConsole(consoleUrl, enrolToken, config.server, key);
    const output = checkEnrolment(enrolToken, config.server, body);
    dir.write(
      FILE,
      JSON.stringify({ ...output, consoleUrl: consoleUrl.href, publicKey: key.publicKey }, null, 2),
    );
    log.info("enrolled", { agent: output.agentId, server: output.serverId });
    const identity = loadIdentity(dir, config, key);
    if (!identity) throw new EnrolmentError("the enrolment could not be kept");
    return identity;
  });
}

/** Enrols, trying again while the console cannot be reached. Throws EnrolmentError, or the signal's reason. */
export async function enrolPatiently(
  dir: StateDir,
  config: AgentConfig,
  key: AgentKey,
  signal: AbortSignal,
): Promise<Identity> {
  for (let pause = 200; ; pause = Math.min(pause * 2, 5000)) {
    signal.throwIfAborted();
    try {
      return await enrol(dir, config, key);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      log.warn("the console cannot be reached to enrol", { error: errorText(error) });
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}
