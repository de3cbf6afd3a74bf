import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

interface Rpc {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: { readonly name?: string; readonly arguments?: Record<string, unknown> };
}

const TOOLS = [
  {
    name: "read_note",
    description: "Read a note.",
    inputSchema: { type: "object", properties: { name: { type: "string" } } },
    annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
  },
  { name: "delete_note", description: "Delete a note.", inputSchema: { type: "object" } },
];

/** An MCP server on Streamable HTTP that keeps every byte it was sent, and answers as a test wants it to. */
export class RecordingServer {
  readonly seen: Seen[] = [];
  tools: object[] = TOOLS;
  /** false: it gives no sessions */
  sessions = true;
  /** answers a request by itself; returns true when it did */
  answer: (seen: Seen, rpc: Rpc, response: ServerResponse) => boolean = () => false;
  readonly streams = new Set<ServerResponse>();
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/mcp`;
  }

  /** POST bodies that are tool calls. */
  get calls(): string[] {
    return this.seen.map(({ body }) => body).filter((body) => /tools(?:\\\/|\/)call/.test(body));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const { method = "", url: path = "", headers, rawHeaders } = request;
    const seen = { method, path, headers, rawHeaders, body };
    this.seen.push(seen);
    const rpc: Rpc = body === "" ? {} : JSON.parse(body);
    if (this.answer(seen, rpc, response)) return;
    if (method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(": hello\n\n");
      this.streams.add(response);
      response.on("close", () => this.streams.delete(response));
    } else if (method === "DELETE") response.writeHead(200).end();
    else if (rpc.id === undefined || rpc.method === undefined) response.writeHead(202).end();
    else this.result(response, rpc, this.resultOf(rpc));
  }

  private resultOf(rpc: Rpc): object {
    if (rpc.method === "tools/list") return { tools: this.tools };
    if (rpc.method === "tools/call") return { content: [{ type: "text", text: `did ${rpc.params?.name}` }] };
    if (rpc.method !== "initialize") return {};
    return {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "recorder", version: "1.0.0" },
    };
  }

  result(response: ServerResponse, rpc: Rpc, result: object): void {
    const opening = rpc.method === "initialize" && this.sessions;
    response.writeHead(200, {
      "content-type": "application/json",
      ...(opening && { "mcp-session-id": randomUUID() }),
    });
    response.end(JSON.stringify({ jsonrpc: "2.0", id: rpc.id, result }));
  }

  async stop(): Promise<void> {
    const closed = new Promise((done) => this.server.close(done));
    this.server.closeAllConnections();
    await closed;
  }
}
