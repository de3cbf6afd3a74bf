// The least that can stand between a client and a server on HTTP: every request passed on, nothing read.
//   node forward.mjs PORT UPSTREAM_PORT
import { Agent, createServer, request } from "node:http";

const [port, upstream] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, noDelay: true });
const server = createServer((asked, answered) => {
  const { method, url, headers } = asked;
  const onward = request(
    { agent, host: "127.0.0.1", port: upstream, method, path: url, headers },
    (reply) => {
      answered.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answered);
    },
  );
  asked.pipe(onward);
});
server.keepAliveTimeout = 60_000;
server.listen(port, "127.0.0.1");
