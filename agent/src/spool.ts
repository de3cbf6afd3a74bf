import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AgentEvent } from "../contract/v1";
import { errorText, log } from "./log";
import { SpoolFolder } from "./spool-folder";
import { createOwned, instancesIn, removeFolder, touch } from "./spool-owner";

/** Nothing more can be recorded, so nothing more may be done (decision 10). */
export class SpoolFull extends Error {
  override readonly name = "SpoolFull";
}

/** Refusals and outcomes may go this far over the cap, so that being full is itself recorded. */
const RESERVE = 1.1;

function folderBytes(path: string): number {
  let sum = 0;
  try {
    for (const name of readdirSync(path)) sum += statSync(join(path, name)).size;
  } catch {
    // another process deletes what it has sent while we count
  }
  return sum;
}

/** This process's events, on disk before anything is done. The folder is made by the first event. */
export class Spool {
  private mine: SpoolFolder | null = null;
  private others = 0;
  private dropped = 0;
  private readonly listeners = new Set<() => void>();

  /** @param root folder of all instances' spools @param maxBytes cap over all of them */
  constructor(
    readonly root: string,
    readonly instance: string,
    private readonly maxBytes: number,
  ) {}

  get folder(): SpoolFolder | null {
    return this.mine;
  }

  /** Told after every event. */
  onAppend(listener: () => void): void {
    this.listeners.add(listener);
  }

  private open(): SpoolFolder {
    if (this.mine) return this.mine;
    this.mine = new SpoolFolder(createOwned(this.root, this.instance));
    this.measure();
    return this.mine;
  }

  private measure(): void {
    this.others = 0;
    for (const name of instancesIn(this.root))
      if (name !== this.instance) this.others += folderBytes(join(this.root, name));
  }

  private fits(limit: number): boolean {
    const own = this.mine?.bytes ?? 0;
    if (own + this.others < limit) return true;
    this.measure();
    return own + this.others < limit;
  }

  /**
   * Records what is about to be done; `durable` waits for the disk. Throws SpoolFull, or the disk's own error: then
   * it must not be done.
   */
  intend(event: AgentEvent, durable = false): void {
    const folder = this.open();
    if (!this.fits(this.maxBytes)) throw new SpoolFull("the spool is full");
    this.write(folder, event, durable);
  }

  /** Records what has happened. Never throws: what cannot be written is counted and told later. */
  report(event: AgentEvent): void {
    try {
      const folder = this.open();
      if (!this.fits(this.maxBytes * RESERVE)) throw new SpoolFull("the spool is full");
      if (this.dropped > 0) {
        const detail = `${this.dropped} events could not be recorded`;
        this.dropped = 0;
        this.write(folder, { type: "agent.alarm", at: event.at, code: "events_dropped", detail });
      }
      this.write(folder, event);
    } catch (error) {
      if (this.dropped++ === 0)
        log.error("an event could not be recorded", { type: event.type, error: errorText(error) });
    }
  }

  private write(folder: SpoolFolder, event: AgentEvent, durable = false): void {
    // `type` first: readers recognise a line by its head
    const { type, ...rest } = event;
    folder.append(JSON.stringify({ type, ...rest }), durable);
    for (const listener of this.listeners) listener();
  }

  touch(): void {
    if (this.mine) touch(this.mine.path);
  }

  /** Ends writing; removes the folder when the console has everything. */
  close(): void {
    const folder = this.mine;
    if (!folder) return;
    folder.close();
    if (!folder.hasUnsent && folder.unfinished.length === 0) removeFolder(folder.path);
  }
}
