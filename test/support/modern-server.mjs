// A server of the SDK's second version, which speaks 2026-07-28 and, to older clients, what they speak.
//   node modern-server.mjs http | stdio        http prints its address on the first line of stdout
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const peers = createRequire(new URL("../peers/package.json", import.meta.url));
const load = (name) => import(pathToFileURL(peers.resolve(name)).href);
const { createMcpHandler, McpServer } = await load("@modelcontextprotocol/server");

function factory() {
  const server = new McpServer({ name: "modern-server", version: "1.0.0" });
  const text = (words) => ({ content: [{ type: "text", text: words }] });
  const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false };
  server.registerTool("read_note", { description: "Read a note.", annotations }, async () =>
    text("did read_note"),
  );
  server.registerTool("delete_note", { description: "Delete a note." }, async () => text("did delete_note"));
  return server;
}

if (process.argv[2] === "stdio") {
  const { serveStdio } = await load("@modelcontextprotocol/server/stdio");
  serveStdio(factory);
} else {
  const { toNodeHandler } = await load("@modelcontextprotocol/node");
  const server = createServer(toNodeHandler(createMcpHandler(factory)));
  server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
}
