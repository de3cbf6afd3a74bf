import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type AgentKey, agentKey, newPrivateKeyPem } from "./crypto";
import { livesOn, ownMark } from "./process-mark";

/** The state directory or a file in it is not ours alone: nothing in it may be believed. */
export class StateDirError extends Error {
  override readonly name = "StateDirError";
}

/** Nobody holds a lock this long: its holder is gone, or was another machine's. */
const LOCK_MS = 60_000;

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

function demandPrivate(path: string, what: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) throw new StateDirError(`${what} is a symbolic link`);
  if (process.getuid === undefined) return;
  if (stat.uid !== process.getuid()) throw new StateDirError(`${what} belongs to another user`);
  if ((stat.mode & 0o077) !== 0)
    throw new StateDirError(`${what} can be read by others (mode ${(stat.mode & 0o777).toString(8)})`);
}

/** One agent's folder: its key, what enrolment gave, the last bundle, the spool. Everything is the owner's alone. */
export class StateDir {
  private constructor(readonly path: string) {}

  /** Makes the folder when missing (0700). Throws StateDirError when others can reach it. */
  static open(path: string): StateDir {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    demandPrivate(path, "the state directory");
    return new StateDir(path);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** The file's text, or null when there is none. */
  read(name: string): string | null {
    const path = this.file(name);
    try {
      demandPrivate(path, name);
      return readFileSync(path, "utf8");
    } catch (error) {
      if (isCode(error, "ENOENT")) return null;
      throw error;
    }
  }

  private writeTemporary(name: string, text: string): string {
    const path = this.file(`.${name}.${randomBytes(6).toString("hex")}`);
    const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return path;
  }

  /** Replaces the file in one step. */
  write(name: string, text: string): void {
    renameSync(this.writeTemporary(name, text), this.file(name));
  }

  /** Makes the file with this text unless it is there; returns what it holds then. */
  create(name: string, text: string): string {
    const temporary = this.writeTemporary(name, text);
    try {
      linkSync(temporary, this.file(name));
      return text;
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
      return this.read(name) ?? this.create(name, text);
    } finally {
      unlinkSync(temporary);
    }
  }

  /** The agent's key; made at first use. Of processes that start at once, one makes it and all get the same. */
  key(): AgentKey {
    return agentKey(this.read("key.pem") ?? this.create("key.pem", newPrivateKeyPem()));
  }

  /**
   * Runs `act` while no other process of this machine runs one under the same lock. A dead holder's lock is broken;
   * should two break it at once, both run, so acts must be idempotent.
   */
  async locked<T>(name: string, act: () => Promise<T>, pauseMs = 50): Promise<T> {
    const mark = `${ownMark()}\n`;
    for (;;) {
      const holder = this.create(name, mark);
      if (holder === mark) break;
      if (!livesOn(holder.trim()) || this.age(name) > LOCK_MS) {
        this.remove(name);
        continue;
      }
      await new Promise((done) => setTimeout(done, pauseMs));
    }
    try {
      return await act();
    } finally {
      if (this.read(name) === mark) this.remove(name);
    }
  }

  private age(name: string): number {
    try {
      return Date.now() - lstatSync(this.file(name)).mtimeMs;
    } catch {
      return 0;
    }
  }

  /** Deletes the file if it is there. */
  remove(name: string): void {
    try {
      unlinkSync(this.file(name));
    } catch (error) {
      if (!isCode(error, "ENOENT")) throw error;
    }
  }
}
