import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { db, pool } from "@/db/client";
import { users } from "@/db/schema/auth";
import { installation } from "@/db/schema/policy";
import { servers } from "@/db/schema/servers";
import { createUser } from "@/lib/auth/create-user";
import { systemContext } from "@/lib/core/context";
import { newId } from "@/lib/core/ids";
import { enrolServer } from "@/lib/servers/enrol-server";

/** The demo's people and servers. Nothing here invents a call, a decision or an entry. */
const PEOPLE = [
  { email: "amara@example.test", name: "Amara Berg", role: "approver" },
  { email: "theo@example.test", name: "Theo Marchetti", role: "auditor" },
  { email: "lukas@example.test", name: "Lukas Lindqvist", role: "member" },
] as const;

const SERVERS = [
  {
    name: "crm-memory",
    owner: "ines@example.test",
    environment: "production",
    description: "Customer knowledge graph of the sales assistant",
  },
  {
    name: "ops-filesystem",
    owner: "amara@example.test",
    environment: "production",
    description: "Runbooks and site configuration of operations",
  },
  {
    name: "lab-everything",
    owner: "lukas@example.test",
    environment: "staging",
    description: "Every feature of the protocol, for trying things out",
  },
];

async function main() {
  const context = systemContext("demo", newId("http"));
  const folder = process.env.ASSENTRY_DEMO_DIR ?? "";
  const password = process.env.ASSENTRY_DEMO_PASSWORD ?? "";
  const [inst] = await db().select().from(installation);
  if (!inst?.demo) {
    throw new Error(
      "This database is in real use. Give the demo one of its own: ASSENTRY_DATA_DIR=.assentry-demo npm run demo",
    );
  }
  for (const person of PEOPLE) {
    const [known] = await db()
      .select({ id: users.id })
      .from(users)
      .where(sql`lower(${users.email}) = ${person.email}`);
    if (!known) await createUser(context, { ...person, password });
  }
  for (const server of SERVERS) {
    const state = path.join(folder, "agents", server.name);
    if (existsSync(path.join(state, "enrolment.json"))) continue;
    rmSync(state, { recursive: true, force: true });
    const made = await enrolServer(context, { server: server.name, owner: server.owner });
    await db()
      .update(servers)
      .set({ description: server.description, environment: server.environment })
      .where(eq(servers.id, made.server.id));
    const file = path.join(folder, `${server.name}.token`);
    writeFileSync(file, made.token, { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  mkdirSync(path.join(folder, "files"), { recursive: true, mode: 0o700 });
  const files = {
    "README.md": "Runbooks of operations.\n",
    "nginx/site.conf": "server {\n  listen 443 ssl;\n  server_name shop.example.test;\n}\n",
    "runbooks/failover.md":
      "# Failover\n\n1. Announce it.\n2. Promote the standby.\n3. Point the pool at it.\n",
  };
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, "files", name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    if (!existsSync(file)) writeFileSync(file, text);
  }
}

main()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  })
  .finally(() => pool().end());
