import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client as ModernClient, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

/** A real MCP client (the official SDK) that works through agents: reads pass, high-risk calls wait for a person. */
const here = new URL(".", import.meta.url).pathname;
const repository = join(here, "../..");
const folder = process.env.ASSENTRY_DEMO_DIR ?? "";
const console_ = process.env.ASSENTRY_CONSOLE_URL ?? "";
const server = (/** @type {string} */ name) => join(here, "node_modules/.bin", name);
const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);
const HOUR = 3_600_000;

/** @param {string} name @param {string[]} command @param {Record<string, string>} [env] */
async function connect(name, command, env = {}) {
  const token = join(folder, `${name}.token`);
  const state = join(folder, "agents", name);
  const enrol = existsSync(join(state, "enrolment.json")) ? [] : ["--enroll-file", token];
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      join(repository, "agent/bin.js"),
      "run",
      "--console",
      console_,
      "--server",
      name,
      "--state-dir",
      state,
      ...enrol,
      "--",
      ...command,
    ],
    env: { .../** @type {Record<string, string>} */ (process.env), ...env },
    stderr: "ignore",
  });
  const client = new Client({ name: "sales-assistant", version: "1.4.2" });
  await client.connect(transport);
  return client;
}

/** @param {Client | ModernClient} client @param {string} name @param {Record<string, unknown>} args */
async function call(client, name, args) {
  const options = {
    onprogress: () => {},
    resetTimeoutOnProgress: true,
    timeout: HOUR,
    maxTotalTimeout: HOUR,
  };
  const request = { name, arguments: args };
  const result =
    client instanceof ModernClient
      ? await client.callTool(request, options)
      : await client.callTool(request, undefined, options);
  const first =
    Array.isArray(result.content) && result.content[0]?.type === "text" ? result.content[0].text : "";
  say(`${name}: ${result.isError ? "refused — " : "done — "}${first.split("\n")[0].slice(0, 160)}`);
  return result;
}

async function memory() {
  const client = await connect("crm-memory", [process.execPath, server("mcp-server-memory")], {
    MEMORY_FILE_PATH: join(folder, "memory.jsonl"),
  });
  await client.listTools();
  await call(client, "read_graph", {});
  for (let round = 1; ; round++) {
    const customers = ["Northwind GmbH", "Contoso AG", "Fabrikam Ltd"].map((name) => `${name} #${round}`);
    await call(client, "create_entities", {
      entities: customers.map((name) => ({
        name,
        entityType: "customer",
        observations: ["asked to be forgotten"],
      })),
    });
    await call(client, "search_nodes", { query: "customer" });
    await call(client, "delete_entities", { entityNames: customers });
    await sleep(20_000);
  }
}

async function filesystem() {
  const files = join(folder, "files");
  const client = await connect("ops-filesystem", [process.execPath, server("mcp-server-filesystem"), files]);
  await client.listTools();
  for (let round = 1; ; round++) {
    await call(client, "read_text_file", { path: join(files, "nginx/site.conf") });
    await call(client, "write_file", {
      path: join(files, "nginx/site.conf"),
      content: `server {\n  listen 443 ssl;\n  server_name shop.example.test;\n  # maintenance window ${round}\n  return 503;\n}\n`,
    });
    await sleep(25_000);
    await call(client, "move_file", {
      source: join(files, "runbooks/failover.md"),
      destination: join(files, `runbooks/failover-${round}.md`),
    });
    await sleep(25_000);
  }
}

/** Over HTTP, with the other major line of the SDK; the agent's secret is the client's credential. */
async function connectHttp() {
  const secret = join(folder, "agents/lab-everything/credential");
  while (!existsSync(secret)) await sleep(100);
  const headers = { Authorization: `Bearer ${readFileSync(secret, "utf8").trim()}` };
  for (let attempt = 1; ; attempt++) {
    const client = new ModernClient({ name: "research-agent", version: "0.9.0" });
    const url = new URL(process.env.ASSENTRY_DEMO_HTTP ?? "");
    try {
      await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
      return client;
    } catch (error) {
      if (attempt >= 50) throw error;
      await sleep(200);
    }
  }
}

async function everything() {
  const client = await connectHttp();
  await client.listTools();
  await call(client, "echo", { message: "hello" });
  for (;;) {
    await call(client, "get-env", {});
    await sleep(60_000);
  }
}

for (const work of [memory, filesystem, everything]) {
  work().catch((error) => say(`${work.name} stopped: ${error instanceof Error ? error.message : error}`));
}
