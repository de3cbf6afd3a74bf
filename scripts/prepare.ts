import { and, eq, isNull } from "drizzle-orm";
import { db, pool } from "@/db/client";
import { users } from "@/db/schema/auth";
import { createUser } from "@/lib/auth/create-user";
import { oidcSettings } from "@/lib/auth/oidc";
import { ensureReady } from "@/lib/cli/schema-state";
import { systemContext } from "@/lib/core/context";
import { AppError } from "@/lib/core/errors";
import { newId } from "@/lib/core/ids";
import { checkAppendOnly, readInstallation } from "@/lib/core/installation";

/** Runs before the console starts: schema, keys, first policy, first owner. Ends with 1 and a reason when it cannot be. */
async function main() {
  oidcSettings();
  await ensureReady({ always: true, demo: process.env.ASSENTRY_DEMO === "1" });
  await checkAppendOnly();
  await refuseDemoOnRealData();
  await ensureOwner();
}

/** Before anybody is made: the demo's people and their passwords have no place in a database in real use. */
async function refuseDemoOnRealData() {
  if (process.env.ASSENTRY_DEMO !== "1" || (await readInstallation()).demo) return;
  throw new Error(
    "This database is in real use. Give the demo one of its own: ASSENTRY_DATA_DIR=.assentry-demo npm run demo",
  );
}

async function ensureOwner() {
  const owner = and(eq(users.role, "owner"), isNull(users.disabledAt));
  const [standing] = await db().select({ id: users.id }).from(users).where(owner).limit(1);
  if (standing) return;
  const email = process.env.ASSENTRY_OWNER_EMAIL || "owner@localhost";
  const password = process.env.ASSENTRY_OWNER_PASSWORD || undefined;
  const { password: oneTime } = await createUser(systemContext("first start", newId("http")), {
    email,
    name: process.env.ASSENTRY_OWNER_NAME || undefined,
    role: "owner",
    password,
  });
  console.log(`\n  The first owner: ${email}`);
  if (oneTime)
    console.log(`  One-time password: ${oneTime}   (shown only now; the first sign-in changes it)`);
  console.log("");
}

function explain(error: unknown): string {
  if (error instanceof AppError && error.issues) {
    return error.issues.map((i) => `the first owner's ${i.path}: ${i.message}`).join("\n");
  }
  return error instanceof Error ? error.message : String(error);
}

main()
  .catch((error: unknown) => {
    console.error(explain(error));
    process.exitCode = 1;
  })
  .finally(() => pool().end());
