import type { RequestHint } from "../contract/v1";

type Listener = (hint: RequestHint) => void;

/** Hints may come before the reply that names the request: so many are kept for those who ask a moment later. */
const EARLY_HINTS = 200;

/** Held calls of this process that wait for the console's word, by the request's id. */
export class Waiters {
  private readonly listeners = new Map<string, Listener>();
  private readonly early = new Map<string, RequestHint>();

  /** Calls `listener` for every hint about the request until the returned function is called. */
  add(id: string, listener: Listener): () => void {
    this.listeners.set(id, listener);
    const missed = this.early.get(id);
    if (missed) {
      this.early.delete(id);
      listener(missed);
    }
    return () => {
      if (this.listeners.get(id) === listener) this.listeners.delete(id);
    };
  }

  ids(): string[] {
    return [...this.listeners.keys()];
  }

  deliver(hint: RequestHint): void {
    const listener = this.listeners.get(hint.id);
    if (listener) {
      listener(hint);
      return;
    }
    this.early.delete(hint.id);
    this.early.set(hint.id, hint);
    for (const id of this.early.keys()) {
      if (this.early.size <= EARLY_HINTS) break;
      this.early.delete(id);
    }
  }
}
