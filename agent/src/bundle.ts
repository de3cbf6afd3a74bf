import { openEnvelope, type Verifier } from "../contract/dsse";
import { type CompiledPolicy, compilePolicy, parsePolicy } from "../contract/policy";
import { type Bundle, bundle as bundleSchema } from "../contract/v1";
import { errorText, log } from "./log";
import { isLower, type Position, samePosition } from "./position";
import type { StateDir } from "./state-dir";

/** A verified bundle and its rules, ready to be asked. */
export interface Standing {
  readonly bundle: Bundle;
  readonly policy: CompiledPolicy;
}

const FILE = "bundle.json";
const REJECTED = "rejected";

/**
 * The rules in force. Only a bundle that the console signed for this server and that is not older than the last one
 * is taken; one whose policy cannot be read leaves no rules at all, and every call is refused.
 */
export class BundleKeeper {
  private taken: Standing | null = null;
  private rejected = false;
  position: Position | null = null;
  private listeners = new Set<() => void>();

  constructor(
    private readonly dir: StateDir,
    private readonly serverId: string,
    private readonly verifier: Verifier,
  ) {}

  /** null: every call is refused */
  get standing(): Standing | null {
    return this.rejected ? null : this.taken;
  }

  /** The console rejected our key: no bundle holds, in no process of this directory, also after a restart. */
  reject(): void {
    if (this.rejected) return;
    this.rejected = true;
    log.error("the console rejects this agent's key: every call is refused");
    try {
      this.dir.write(REJECTED, new Date().toISOString());
    } catch (error) {
      log.error("that could not be kept", { error: errorText(error) });
    }
  }

  /** The console greeted us under our key. */
  restore(): void {
    if (!this.rejected) return;
    this.dir.remove(REJECTED);
    this.rejected = false;
    log.info("the console accepts this agent's key again");
  }

  /** Takes the bundle kept from last time, verified again. */
  load(): void {
    this.rejected = this.dir.read(REJECTED) !== null;
    const text = this.dir.read(FILE);
    if (text === null) return;
    try {
      this.accept(JSON.parse(text));
    } catch (error) {
      log.error("the kept bundle is not valid", { error: errorText(error) });
    }
  }

  /** Verifies and takes an envelope from the stream, and keeps it. Throws when it is not to be trusted. */
  take(envelope: unknown): void {
    if (!this.accept(envelope)) return;
    try {
      this.keep(envelope);
    } catch (error) {
      log.error("the bundle could not be kept", { error: errorText(error) });
    }
  }

  /** Other processes write the same file: the newest stays. */
  private keep(envelope: unknown): void {
    const text = this.dir.read(FILE);
    if (text !== null && this.position) {
      try {
        const kept = openEnvelope("bundle", bundleSchema, JSON.parse(text), this.verifier);
        if (isLower(this.position, kept.position)) return;
      } catch {
        // what cannot be verified is replaced
      }
    }
    this.dir.write(FILE, JSON.stringify(envelope));
  }

  private accept(envelope: unknown): boolean {
    const bundle = openEnvelope("bundle", bundleSchema, envelope, this.verifier);
    if (bundle.serverId !== this.serverId) throw new Error("the bundle is for another server");
    if (this.position && isLower(bundle.position, this.position))
      throw new Error("the bundle is older than the one in force");
    if (this.position && samePosition(bundle.position, this.position)) return false;
    this.position = bundle.position;
    try {
      const parsed = parsePolicy(bundle.policy.document);
      if (!parsed.ok) throw new Error(`${parsed.issues[0]?.path ?? ""}: ${parsed.issues[0]?.message ?? ""}`);
      this.taken = { bundle, policy: compilePolicy(parsed.document) };
      log.info("policy in force", {
        version: bundle.policy.version,
        epoch: bundle.position.epoch,
        seq: bundle.position.seq,
        mode: bundle.mode,
      });
    } catch (error) {
      this.taken = null;
      log.error("the policy cannot be read: every call is refused", { error: errorText(error) });
    }
    for (const listener of [...this.listeners]) listener();
    return true;
  }

  /** Calls back after every change; returns the way to stop that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves to true once `ready` holds, to false after `ms`. */
  until(ready: () => boolean, ms: number): Promise<boolean> {
    if (ready()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (value: boolean) => {
        stop();
        clearTimeout(timer);
        resolve(value);
      };
      const stop = this.onChange(() => ready() && finish(true));
      const timer = setTimeout(() => finish(false), ms);
    });
  }
}
