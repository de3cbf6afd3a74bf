import path from "node:path";
import { defineConfig } from "vitest/config";

const root = { resolve: { alias: { "@": path.resolve(import.meta.dirname) } } };
const real = {
  globalSetup: ["test/support/global-setup.ts"],
  pool: "forks" as const,
  // it imports next/server without its extension, which only a bundler finds
  server: { deps: { inline: ["next-auth"] } },
};

/** unit: pure logic; integration: verbs, routes and agents on a real Postgres; e2e: a real browser; long: kill loops. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { ...root, test: { name: "unit", include: ["test/unit/**/*.test.ts", "test/architecture.test.ts"] } },
      {
        ...root,
        test: {
          ...real,
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...root,
        test: {
          ...real,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        ...root,
        test: {
          ...real,
          name: "long",
          include: ["test/long/**/*.test.ts"],
          testTimeout: 1_800_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
