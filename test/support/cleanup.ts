import { afterAll } from "vitest";

const work: (() => unknown)[] = [];

/** Runs after the file's last test, last registered first. Unlike afterAll itself it may be called from within a test. */
export function atEnd(cleanup: () => unknown): void {
  work.push(cleanup);
}

afterAll(async () => {
  for (const cleanup of work.splice(0).reverse()) await cleanup();
}, 60_000);
