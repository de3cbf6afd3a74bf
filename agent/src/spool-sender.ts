import { join } from "node:path";
import type { Position } from "../contract/v1";
import { type ConsoleClient, ConsoleRefusal } from "./console";
import { errorText, log } from "./log";
import { samePosition } from "./position";
import type { Spool } from "./spool";
import { SpoolFolder } from "./spool-folder";
import { inherit, instancesIn, removeFolder, setAside } from "./spool-owner";

const BATCH_LINES = 200;
const BATCH_CHARS = 1_000_000;
const EVERY_MS = 200;
const HEIRS_EVERY_MS = 60_000;
const LONGEST_PAUSE_MS = 5000;

type Sink = Pick<ConsoleClient, "events">;

/** The console and a folder disagree on what was sent; nothing can mend that here. */
class Gap extends Error {}

function standingSeq(error: unknown): number | null {
  if (!(error instanceof ConsoleRefusal) || error.code !== "sequence") return null;
  const seq = error.details.lastSeq;
  return typeof seq === "number" && Number.isInteger(seq) && seq >= 0 ? seq : null;
}

/** What the console will never accept must not stop what comes after it. */
const isUnreadable = (error: unknown): boolean =>
  error instanceof ConsoleRefusal && [400, 413, 422].includes(error.status);

const unsendable = (seq: number): string =>
  JSON.stringify({
    seq,
    event: {
      type: "agent.alarm",
      at: new Date().toISOString(),
      code: "event_refused",
      detail: "the console refused to take this event",
    },
  });

/** Sends one folder's events in order until none is left. Throws Unreachable, ConsoleRefusal or Gap. */
export async function drain(
  folder: SpoolFolder,
  instance: string,
  console: Sink,
  position: () => Position | null,
): Promise<void> {
  let most = BATCH_LINES;
  let asked = false;
  while (folder.hasUnsent) {
    const lines = folder.unsent(most, BATCH_CHARS);
    if (lines.length === 0) throw new Gap("events are missing on disk");
    const post = (events: string) =>
      console.events(
        `{"instance":"${instance}","position":${JSON.stringify(position())},"events":[${events}]}`,
      );
    try {
      folder.acknowledge(await post(lines.map((line) => line.text).join(",")));
      asked = false;
      most = BATCH_LINES;
    } catch (error) {
      const standing = standingSeq(error);
      if (standing !== null) {
        if (asked) throw new Gap("the console expects another number");
        asked = true;
        folder.acknowledge(standing);
      } else if (isUnreadable(error) && most > 1) most = 1;
      else if (isUnreadable(error)) {
        log.error("the console refused an event", { seq: lines[0]?.seq, error: errorText(error) });
        folder.acknowledge(await post(unsendable(lines[0]?.seq ?? 0)));
      } else throw error;
    }
  }
}

/** Brings events to the console behind the calls' back: its own process's, and those that dead ones left. */
export class SpoolSender {
  private timer: NodeJS.Timeout | null = null;
  private busy: Promise<void> | null = null;
  private pause = EVERY_MS;
  private told: Position | null = null;
  private heirsAt = 0;
  private stopped = false;
  private watch: NodeJS.Timeout | null = null;

  constructor(
    private readonly spool: Spool,
    private readonly console: Sink,
    /** the bundle in force; sent along as this agent's acknowledgement */
    private readonly position: () => Position | null,
  ) {
    spool.onAppend(() => this.soon());
  }

  /** Begins to look after what earlier processes left, and shows others that this one lives. */
  start(): void {
    this.watch ??= setInterval(() => this.soon(), HEIRS_EVERY_MS / 2).unref();
    this.soon();
  }

  /** Sends within a moment. */
  soon(ms = this.pause): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.now();
    }, ms);
  }

  /** One round; a second caller joins the one under way. Never throws. */
  now(): Promise<void> {
    this.busy ??= this.round().finally(() => {
      this.busy = null;
    });
    return this.busy;
  }

  private async round(): Promise<void> {
    try {
      await this.own();
      if (!this.stopped && Date.now() - this.heirsAt > HEIRS_EVERY_MS) await this.heirs();
      if (this.pause > EVERY_MS) log.info("events reach the console again");
      this.pause = EVERY_MS;
    } catch (error) {
      if (this.pause === EVERY_MS) log.warn("events do not reach the console", { error: errorText(error) });
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
    }
    this.spool.touch();
    const acknowledged = this.isTold(this.position());
    if (this.spool.folder?.hasUnsent || !acknowledged) this.soon();
  }

  private isTold(position: Position | null): boolean {
    return position === null || (this.told !== null && samePosition(position, this.told));
  }

  private async own(): Promise<void> {
    const position = this.position();
    const { folder, instance } = this.spool;
    if (folder?.hasUnsent) await drain(folder, instance, this.console, this.position);
    else if (!this.isTold(position)) await this.acknowledgeOnly(position);
    this.told = position;
  }

  private async acknowledgeOnly(position: Position | null): Promise<void> {
    try {
      await this.console.events(JSON.stringify({ instance: this.spool.instance, position, events: [] }));
    } catch (error) {
      if (standingSeq(error) === null) throw error;
    }
  }

  private async heirs(): Promise<void> {
    this.heirsAt = Date.now();
    for (const instance of instancesIn(this.spool.root)) {
      const path = join(this.spool.root, instance);
      if (instance === this.spool.instance || !inherit(path)) continue;
      await this.bury(path, instance);
    }
  }

  /** A released call of a dead process without an outcome: nobody knows whether it ran, and that is said. */
  private async bury(path: string, instance: string): Promise<void> {
    const folder = SpoolFolder.load(path);
    const at = new Date().toISOString();
    for (const { call, request } of folder.unfinished)
      folder.append(
        JSON.stringify({
          type: "call.finished",
          at,
          call,
          request: request || null,
          outcome: "unknown",
          resultFingerprint: null,
          durationMs: 0,
        }),
      );
    try {
      await drain(folder, instance, this.console, () => null);
      removeFolder(path);
    } catch (error) {
      if (!(error instanceof Gap)) throw error;
      log.error("events of an earlier process cannot be sent; they are kept aside", { instance });
      setAside(path, instance);
      this.spool.report({
        type: "agent.alarm",
        at,
        code: "events_lost",
        detail: `events of ${instance} after ${folder.lastSeq} cannot be sent`,
      });
    } finally {
      folder.close();
    }
    log.info("sent what an earlier process left", { instance, events: folder.lastSeq });
  }

  /** A last round of at most `ms`. */
  async stop(ms: number): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    if (this.watch) clearInterval(this.watch);
    const rounds = async () => {
      await this.busy;
      await this.now();
    };
    await Promise.race([rounds(), new Promise((done) => setTimeout(done, ms))]);
  }
}
