import { defineConfig } from "drizzle-kit";

/** db/schema/audit.ts is left out on purpose: its tables are partitioned and hand-written. */
export default defineConfig({
  dialect: "postgresql",
  schema: ["auth", "servers", "identities", "tools", "policy", "requests"].map((f) => `./db/schema/${f}.ts`),
  out: "./db/migrations",
});
