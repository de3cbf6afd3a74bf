// A small real MCP server: one destructive tool, `erase`, that appends what it executed to a file.
// usage: node slow-server.mjs FILE
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const file = process.argv[2];
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") {
    send({
      id,
      result: {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "eraser", version: "1.0.0" },
      },
    });
  } else if (method === "tools/list") {
    send({
      id,
      result: { tools: [{ name: "erase", description: "Erases a record", inputSchema: { type: "object" } }] },
    });
  } else if (method === "tools/call") {
    appendFileSync(file, `${JSON.stringify(params.arguments)}\n`);
    send({ id, result: { content: [{ type: "text", text: `erased ${params.arguments.record}` }] } });
  } else if (id !== undefined) send({ id, result: {} });
});
