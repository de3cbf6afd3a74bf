// What the small servers of the benchmarks answer, whatever carries it.
const text = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
const TOOLS = [
  {
    name: "echo",
    description: "Gives the text back.",
    inputSchema: text,
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  },
  {
    name: "erase",
    description: "Deletes a record.",
    inputSchema: text,
    annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false },
  },
];

const ANSWERS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "bench-server", version: "1.0.0" },
  }),
  "tools/list": () => ({ tools: TOOLS }),
  // The machine's monotonic clock, which all of its processes share: when the call was here.
  "tools/call": ({ name, arguments: given }) => ({
    content: [{ type: "text", text: name === "echo" ? given.text : String(process.hrtime.bigint()) }],
  }),
};

/** @param {string} line one JSON-RPC message @returns {string | null} the answer, if it asks for one */
export function answer(line) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined || method === undefined) return null;
  return JSON.stringify({ jsonrpc: "2.0", id, result: ANSWERS[method]?.(params ?? {}) ?? {} });
}
