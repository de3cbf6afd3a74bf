// A small MCP server that reads its stdin by lines, as most do, and writes down every line it saw.
//   node line-server.mjs LOG [TOOLS.json]      TOOLS.json is read again at every tools/list
import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [log, toolsFile] = process.argv.slice(2);
const DEFAULT_TOOLS = [
  {
    name: "read_note",
    description: "Read a note.",
    inputSchema: { type: "object", properties: { name: { type: "string" } } },
    annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
  },
  { name: "delete_note", description: "Delete a note.", inputSchema: { type: "object" } },
];
const tools = () => (toolsFile ? JSON.parse(readFileSync(toolsFile, "utf8")) : DEFAULT_TOOLS);
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

const ANSWERS = {
  initialize: () => ({
    protocolVersion: "2025-06-18",
    capabilities: { tools: { listChanged: true } },
    serverInfo: { name: "line-server", version: "1.0.0" },
  }),
  "tools/list": () => ({ tools: tools() }),
  "tools/call": ({ params }) => {
    if (params.arguments?.crash) process.exit(3);
    if (params.arguments?.silent) return null;
    if (params.arguments?.changed) send({ method: "notifications/tools/list_changed" });
    if (params.arguments?.ask) send({ id: "ask-1", method: params.arguments.ask, params: {} });
    return { content: [{ type: "text", text: `did ${params.name}` }] };
  },
};

createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
  appendFileSync(log, `${line}\n`);
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    return;
  }
  if (message.id === undefined || message.method === undefined) return;
  const result = (ANSWERS[message.method] ?? (() => ({})))(message);
  if (result !== null) send({ id: message.id, result });
});
