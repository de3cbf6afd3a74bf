// An MCP server on Streamable HTTP that does nothing but answer, by an event stream as the official SDK does.
//   node http.mjs PORT
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { answer } from "./answers.mjs";

const sessions = new Set();

const server = createServer((request, response) => {
  const session = request.headers["mcp-session-id"];
  if (request.method !== "POST") return response.writeHead(405).end();
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString("utf8");
    const opens = body.includes('"initialize"');
    if (!opens && !sessions.has(session)) return response.writeHead(404).end();
    const reply = answer(body);
    if (reply === null) return response.writeHead(202).end();
    const headers = { "content-type": "text/event-stream", "cache-control": "no-cache" };
    if (opens) {
      headers["mcp-session-id"] = randomUUID();
      sessions.add(headers["mcp-session-id"]);
    }
    response.writeHead(200, headers).end(`event: message\ndata: ${reply}\n\n`);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), "127.0.0.1");
