import path from "node:path";
import { pathToFileURL } from "node:url";
import { type AgentLaunch, PEERS } from "./agent";
import { atEnd } from "./cleanup";

/** What the tests use of the official SDKs' clients, v1 and v2 alike. */
export interface McpClient {
  connect(transport: unknown): Promise<void>;
  close(): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<ToolResult>;
}
export interface ToolResult {
  isError?: boolean;
  content: { type: string; text?: string }[];
  _meta?: Record<string, unknown>;
}

const load = (file: string) => import(/* @vite-ignore */ pathToFileURL(path.join(PEERS, file)).href);
const LONG = {
  onprogress: () => {},
  resetTimeoutOnProgress: true,
  timeout: 600_000,
  maxTotalTimeout: 600_000,
};

/** A real client, connected over stdio through an agent. Version 1 and 2 are the two major lines of the TypeScript SDK. */
export async function connectStdio(
  launch: AgentLaunch,
  version: 1 | 2 = 1,
): Promise<McpClient & { pid(): number | null }> {
  const parameters = { command: launch.command, args: launch.args, env: launch.env, stderr: "ignore" };
  const info = { name: "test-client", version: "1.0.0" };
  if (version === 2) {
    const { Client } = await load("@modelcontextprotocol/client/dist/index.mjs");
    const { StdioClientTransport } = await load("@modelcontextprotocol/client/dist/stdio.mjs");
    return wrap(new Client(info), new StdioClientTransport(parameters), (client, call) =>
      client.callTool(call, LONG),
    );
  }
  const { Client } = await load("@modelcontextprotocol/sdk/dist/esm/client/index.js");
  const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/dist/esm/client/stdio.js");
  return wrap(new Client(info), new StdioClientTransport(parameters), (client, call) =>
    client.callTool(call, undefined, LONG),
  );
}

/** A real client over Streamable HTTP, showing a credential. "modern" insists on 2026-07-28 and needs version 2. */
export async function connectHttp(
  url: string,
  credential: string,
  version: 1 | 2 | "auto" | "modern" = 1,
): Promise<McpClient> {
  const options = { requestInit: { headers: { authorization: `Bearer ${credential}` } } };
  const info = { name: "test-client", version: "1.0.0" };
  if (version !== 1) {
    const { Client, StreamableHTTPClientTransport } = await load(
      "@modelcontextprotocol/client/dist/index.mjs",
    );
    const mode = { 2: "legacy", auto: "auto", modern: { pin: "2026-07-28" } }[version];
    const client = new Client(info, { versionNegotiation: { mode } });
    return wrap(client, new StreamableHTTPClientTransport(new URL(url), options), (raw, call) =>
      raw.callTool(call, LONG),
    );
  }
  const { Client } = await load("@modelcontextprotocol/sdk/dist/esm/client/index.js");
  const { StreamableHTTPClientTransport } = await load(
    "@modelcontextprotocol/sdk/dist/esm/client/streamableHttp.js",
  );
  return wrap(new Client(info), new StreamableHTTPClientTransport(new URL(url), options), (raw, call) =>
    raw.callTool(call, undefined, LONG),
  );
}

interface Raw {
  connect(transport: unknown): Promise<void>;
  close(): Promise<void>;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(...args: unknown[]): Promise<ToolResult>;
}

async function wrap(
  client: Raw,
  transport: { pid?: number | null },
  call: (client: Raw, call: unknown) => Promise<ToolResult>,
) {
  await client.connect(transport);
  atEnd(() => client.close().catch(() => {}));
  return {
    connect: (t: unknown) => client.connect(t),
    close: () => client.close(),
    listTools: () => client.listTools(),
    callTool: (c: unknown) => call(client, c),
    pid: () => transport.pid ?? null,
  };
}

export const textOf = (result: ToolResult): string =>
  result.content.map((part) => part.text ?? "").join("\n");
