import { userInfo } from "node:os";
import type { Verifier } from "../contract/dsse";
import type { CallerFacts } from "../contract/v1";
import { BundleKeeper, type Standing } from "./bundle";
import type { AgentConfig } from "./config";
import { ConsoleClient, Unreachable } from "./console";
import { type AgentKey, consoleVerifier } from "./crypto";
import { EnrolmentError, enrolPatiently, type Identity, loadIdentity } from "./enrol";
import { newId } from "./ids";
import { type Clock, Lease, systemClock } from "./lease";
import { errorText, log } from "./log";
import { Spool } from "./spool";
import { SpoolSender } from "./spool-sender";
import { StateDir } from "./state-dir";
import { ConsoleStream } from "./stream";
import { AGENT_VERSION } from "./version";
import { Waiters } from "./waiters";

const SETTLE_POLL_MS = 10;
/** How long the first contact may take before calls are judged without it. */
const SETTLE_MS = 5000;

interface Link {
  readonly identity: Identity;
  readonly console: ConsoleClient;
  readonly bundles: BundleKeeper;
  readonly verifier: Verifier;
  readonly stream: ConsoleStream;
  readonly sender: SpoolSender;
}

/**
 * One process in front of one server, whatever its transport: its identity, the rules in force, the lease, the spool.
 * Sessions come and go; this stays.
 */
export class Agent {
  readonly instance = newId("ins");
  readonly clock: Clock = systemClock;
  readonly lease = new Lease(this.clock);
  readonly waiters = new Waiters();
  readonly spool: Spool;
  /** why there is no policy and will be none; told to clients */
  problem: string | null = null;
  private link: Link | null = null;
  private wanted = false;
  private wantedAt = Number.POSITIVE_INFINITY;
  private once = false;
  private readonly ending = new AbortController();
  private readonly partings = new Set<Promise<unknown>>();
  private readonly startedAt = new Date().toISOString();
  private readonly key: AgentKey;

  constructor(
    readonly config: AgentConfig,
    private readonly dir: StateDir,
    private readonly transports: { transport: "stdio" | "http"; upstream: "stdio" | "http" },
  ) {
    this.key = dir.key();
    this.spool = new Spool(dir.file("spool"), this.instance, config.spoolMaxBytes);
  }

  /** Opens the state directory and begins to enrol when needed. Throws StateDirError or EnrolmentError. */
  static start(config: AgentConfig, transports: Agent["transports"]): Agent {
    const dir = StateDir.open(config.stateDir);
    const agent = new Agent(config, dir, transports);
    const identity = loadIdentity(dir, config, agent.key);
    if (identity) agent.connect(identity);
    else if (config.enrolToken && config.consoleUrl) void agent.enrol();
    else throw new EnrolmentError("not enrolled yet: give --console URL and --enroll TOKEN once");
    return agent;
  }

  private async enrol(): Promise<void> {
    try {
      this.connect(await enrolPatiently(this.dir, this.config, this.key, this.ending.signal));
    } catch (error) {
      if (this.ending.signal.aborted) return;
      this.problem = errorText(error);
      log.error("not enrolled: every call is refused", { error: this.problem });
    }
  }

  private connect(identity: Identity): void {
    const console = new ConsoleClient(identity.consoleUrl, identity.agentId, identity.key, () =>
      this.rejected(),
    );
    const verifier = consoleVerifier(identity.consoleKeys);
    const bundles = new BundleKeeper(this.dir, identity.serverId, verifier);
    bundles.load();
    const { waiters, lease, clock } = this;
    const instance = {
      id: this.instance,
      pid: process.pid,
      startedAt: this.startedAt,
      ...this.transports,
      agentVersion: AGENT_VERSION,
      ...(this.config.localMode && { localMode: this.config.localMode }),
    };
    const serverId = identity.serverId;
    const stream = new ConsoleStream({
      console,
      serverId,
      verifier,
      bundles,
      lease,
      waiters,
      instance,
      clock,
    });
    const sender = new SpoolSender(this.spool, console, () => bundles.position);
    bundles.onChange(() => {
      if (bundles.position) lease.bundleChanged(bundles.position);
      this.warnOfMode();
      sender.soon();
    });
    this.link = { identity, console, bundles, verifier, stream, sender };
    if (this.wanted) this.want();
  }

  /** The console does not know our key any more: nothing it once permitted holds, until it greets us again. */
  private rejected(): void {
    this.link?.bundles.reject();
    this.lease.drop();
    this.link?.stream.again();
  }

  private warnOfMode(): void {
    if (this.config.localMode === "observe" && this.standing?.bundle.mode !== "observe")
      log.warn("--mode observe is ignored: the console's bundle says enforce, and a flag may only tighten");
  }

  /** A client is really there (a mere probe is not): from now on the console hears from this instance. */
  want(): void {
    this.wanted = true;
    if (this.wantedAt === Number.POSITIVE_INFINITY) this.wantedAt = this.clock.monotonic();
    this.link?.stream.start();
    this.link?.sender.start();
  }

  get identity(): Identity | null {
    return this.link?.identity ?? null;
  }

  get standing(): Standing | null {
    return this.link?.bundles.standing ?? null;
  }

  get console(): ConsoleClient {
    if (!this.link) throw new Unreachable("not enrolled");
    return this.link.console;
  }

  get verifier(): Verifier {
    if (!this.link) throw new Unreachable("not enrolled");
    return this.link.verifier;
  }

  /** Whether calls may be judged: the console was heard from, or it had its time. */
  get settled(): boolean {
    if (this.once || this.problem !== null) return true;
    this.once =
      (this.standing !== null && this.lease.held()) || this.clock.monotonic() - this.wantedAt > SETTLE_MS;
    return this.once;
  }

  async untilSettled(): Promise<void> {
    while (!this.settled && !this.ending.signal.aborted)
      await new Promise((done) => setTimeout(done, SETTLE_POLL_MS));
  }

  /** Whether everything is let through and only recorded. A local flag may take that away, never give it. */
  observes(): boolean {
    const bundle = this.standing?.bundle;
    if (bundle?.mode !== "observe" || bundle.observe === null || this.config.localMode === "enforce")
      return false;
    const now = this.now();
    return now < Date.parse(bundle.observe.until) && (this.lease.held() || now < Date.parse(bundle.notAfter));
  }

  /** Waits for a change of the bundle after which `ready` holds. */
  bundleUntil(ready: () => boolean, ms: number): Promise<boolean> {
    return this.link?.bundles.until(ready, ms) ?? Promise.resolve(false);
  }

  /** Milliseconds since 1970: the console's time where known, else this machine's. */
  now(): number {
    return this.lease.consoleNow() ?? this.clock.wall();
  }

  /** The console's time while its word is fresh, waited for across a short reconnect; null when it stays silent. */
  async consoleNow(): Promise<number | null> {
    const deadline = this.clock.monotonic() + SETTLE_MS;
    for (;;) {
      if (this.lease.held()) return this.lease.consoleNow();
      if (this.clock.monotonic() > deadline) return null;
      await new Promise((done) => setTimeout(done, SETTLE_POLL_MS));
    }
  }

  /** Messages to the console that the end of the process waits for. Failures are logged, never thrown. */
  async parting(message: Promise<unknown>): Promise<void> {
    const told = message.catch((error) =>
      log.warn("the console was not told that nobody waits", { error: errorText(error) }),
    );
    this.partings.add(told);
    await told;
    this.partings.delete(told);
  }

  /** Last words, at most `ms`: waiters that went, events in the spool. */
  async stop(ms: number): Promise<void> {
    this.ending.abort();
    const { link } = this;
    if (!link) return this.spool.close();
    const limit = new Promise((done) => setTimeout(done, ms).unref());
    await Promise.race([Promise.all([...this.partings, link.sender.stop(ms)]), limit]);
    await Promise.race([link.stream.stop(), limit]);
    this.spool.close();
    link.console.close();
  }
}

/** The caller behind stdio: whoever runs this process (decision 8). */
export function osCaller(): CallerFacts {
  const name = (userInfo().username || "unknown").slice(0, 180);
  return { key: `os:${name}`, kind: "os_user", name };
}
