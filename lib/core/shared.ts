/**
 * One value per process. Next loads route handlers and instrumentation as separate module graphs, so a module-level
 * variable exists twice there; a well-known symbol on globalThis does not.
 */
export function processShared<T>(name: string, make: () => T): T {
  const key = Symbol.for(name);
  const store = globalThis as unknown as Record<symbol, T | undefined>;
  const standing = store[key];
  if (standing !== undefined) return standing;
  const made = make();
  store[key] = made;
  return made;
}

/** Forgets a shared value, so that the next call makes it anew (tests and shutdown). */
export function forgetShared(name: string): void {
  delete (globalThis as unknown as Record<symbol, unknown>)[Symbol.for(name)];
}
