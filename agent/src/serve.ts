import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Agent } from "./agent";
import { isLoopback, UsageError } from "./config";
import type { Backend } from "./http-backend";
import { Credentials } from "./http-credentials";
import { HttpFront } from "./http-front";
import { Guard } from "./http-guard";
import { HttpRefusals } from "./http-refusals";
import { HttpRelay } from "./http-relay";
import { HttpStdio } from "./http-stdio";
import { Upstream } from "./http-upstream";
import { UpstreamAuth } from "./http-upstream-auth";
import { log } from "./log";
import type { ServeConfig } from "./serve-config";

const HEADERS_MS = 20_000;
const KEEP_ALIVE_MS = 65_000;
const LAST_WORDS_MS = 2000;

/** Streams and held calls last as long as they last: only a request's head has to come soon. */
function newServer(): Server {
  return createServer({
    requestTimeout: 0,
    headersTimeout: HEADERS_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
  });
}

function listen(server: Server, { host, port }: ServeConfig["listen"]): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on("error", (error) => reject(new UsageError(`--listen: ${error.message}`)));
    server.listen(port, host.replace(/^\[|\]$/g, ""), () => resolve((server.address() as AddressInfo).port));
  });
}

interface Parts {
  readonly backend: Backend;
  readonly auth: { readonly own: Credentials } | { readonly upstream: UpstreamAuth };
}

function parts(agent: Agent, config: ServeConfig): Parts {
  const { idleMs, maxSessions, authorization, server } = config;
  const own = () => ({ own: Credentials.open(agent.config.stateDir, config.credentials) });
  if ("command" in server)
    return { backend: new HttpStdio(agent, server.command, { idleMs, maxSessions }), auth: own() };
  const upstream = new Upstream(server.upstream);
  if (config.clientAuth === "secret") {
    const options = { fronts: "other", authorization, idleMs, maxSessions, onAccepted: () => {} } as const;
    return { backend: new HttpRelay(agent, upstream, options), auth: own() };
  }
  const auth = new UpstreamAuth(upstream, () => agent.clock.monotonic());
  const backend = new HttpRelay(agent, upstream, {
    fronts: "same_resource",
    authorization: null,
    idleMs,
    maxSessions,
    onAccepted: (caller) => auth.accept(caller),
  });
  return { backend, auth: { upstream: auth } };
}

/** Streamable HTTP at /mcp until a signal ends it. Resolves to the exit code. Throws UsageError or StateDirError. */
export async function serveHttp(agent: Agent, config: ServeConfig): Promise<number> {
  const { backend, auth } = parts(agent, config);
  const server = newServer();
  const port = await listen(server, config.listen);
  const { host } = config.listen;
  const guard = new Guard(host, port, config.allowHosts, config.allowOrigins);
  const refusals = new HttpRefusals(agent.spool);
  server.on("request", new HttpFront({ agent, guard, backend, refusals, auth }).listener);
  if ("own" in auth)
    for (const file of auth.own.paths) log.info("clients show the secret in this file", { file });
  if (!isLoopback(host))
    log.warn(
      "others than this machine can call; put TLS in front of it, the credential travels with every call",
    );
  log.info("listening", { url: `http://${host}:${port}/mcp` });
  agent.want();
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
  server.close();
  await backend.close();
  refusals.stop();
  await agent.stop(LAST_WORDS_MS);
  server.closeAllConnections();
  return 0;
}
