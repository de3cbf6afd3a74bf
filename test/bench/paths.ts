import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../scripts/lib/ports.mjs";
import { HttpPeer, open, type Peer, StdioPeer } from "./clients";
import { type BenchConsole, credentialOf } from "./console-api";
import type { Environment } from "./environment";

const SERVER = [process.execPath, "test/bench/servers/stdio.mjs"];
const PEERS = "test/bench/node_modules";
const HOST = "127.0.0.1";
const START_MS = 30_000;

/** One way from the measuring client to a server; `against` names the direct way that it is compared with. */
export interface Path {
  readonly name: string;
  readonly group: "stdio" | "http" | "http to stdio";
  readonly against: "stdio" | "http";
  readonly kind: "direct" | "floor" | "ours" | "peer";
  readonly peer: Peer;
}

const plainEnv = { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: "production" };

/** Opens a session as soon as the program behind `url` listens. */
async function openHttp(url: string, child: ChildProcess, credential?: () => string): Promise<Peer> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      const peer = new HttpPeer(url, child, credential?.());
      await open(peer);
      return peer;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

function program(command: readonly string[], env: Environment = plainEnv): ChildProcess {
  const [file, ...args] = command;
  return spawn(file as string, args, {
    env: env as NodeJS.ProcessEnv,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

async function stdio(command: readonly string[], env: Environment = plainEnv): Promise<Peer> {
  const peer = new StdioPeer(command, env);
  await open(peer);
  return peer;
}

type Opened = Promise<Path[]>;
const path = (
  group: Path["group"],
  against: Path["against"],
  kind: Path["kind"],
  name: string,
  peer: Peer,
) => ({
  ...{ group, against, kind, name, peer },
});
const url = (port: number): string => `http://${HOST}:${port}/mcp`;

async function stdioPaths(console: BenchConsole): Opened {
  const pipe = [process.execPath, "test/bench/servers/pipe.mjs", ...SERVER];
  const run = await console.agent("run", "bench-stdio", ["--", ...SERVER]);
  return [
    path("stdio", "stdio", "direct", "direct", await stdio(SERVER)),
    path("stdio", "stdio", "direct", "direct again (control)", await stdio(SERVER)),
    path("stdio", "stdio", "floor", "bare pipe", await stdio(pipe)),
    path("stdio", "stdio", "ours", "Assentry run", await stdio(run.command, run.env)),
  ];
}

/** Our `serve` in front of what `behind` says, with the credential that it made for its clients. */
async function served(console: BenchConsole, name: string, behind: readonly string[]): Promise<Peer> {
  const port = await freePort(HOST);
  const launch = await console.agent("serve", name, ["--listen", `${HOST}:${port}`, ...behind]);
  return openHttp(url(port), program(launch.command, launch.env), () => credentialOf(launch));
}

/** A server of its own for every path: one that is asked twice as often answers faster. It listens. */
async function httpServer(): Promise<{ port: number; peer: Peer }> {
  const port = await freePort(HOST);
  const child = program([process.execPath, "test/bench/servers/http.mjs", String(port)]);
  return { port, peer: await openHttp(url(port), child) };
}

async function httpPaths(console: BenchConsole): Opened {
  const paths: Path[] = [];
  for (const name of ["direct", "direct again (control)"])
    paths.push(path("http", "http", "direct", name, (await httpServer()).peer));
  const floor = await freePort(HOST);
  const behind = (await httpServer()).port;
  const forward = [process.execPath, "test/bench/servers/forward.mjs", String(floor), String(behind)];
  paths.push(path("http", "http", "floor", "bare forwarder", await openHttp(url(floor), program(forward))));
  const upstream = ["--upstream", url((await httpServer()).port)];
  const ours = await served(console, "bench-http", upstream);
  return [...paths, path("http", "http", "ours", "Assentry serve", ours)];
}

async function bridgePaths(console: BenchConsole): Opened {
  const group = "http to stdio";
  const [gateway, proxy] = [await freePort(HOST), await freePort(HOST)];
  const supergateway = [
    ...[process.execPath, `${PEERS}/supergateway/dist/index.js`, "--stdio", SERVER.join(" ")],
    ...["--outputTransport", "streamableHttp", "--stateful", "--logLevel", "none", "--port", String(gateway)],
  ];
  const mcpProxy = [
    ...[process.execPath, `${PEERS}/.bin/mcp-proxy`, "--host", HOST, "--port", String(proxy)],
    ...["--server", "stream", "--", ...SERVER],
  ];
  return [
    path(group, "stdio", "ours", "Assentry serve", await served(console, "bench-bridge", ["--", ...SERVER])),
    path(group, "stdio", "peer", "supergateway 4.0.0", await openHttp(url(gateway), program(supergateway))),
    path(group, "stdio", "peer", "mcp-proxy 6.7.19", await openHttp(url(proxy), program(mcpProxy))),
  ];
}

/** Every way on which an allowed call is measured; all stay open until the end of the run. */
export async function openPaths(console: BenchConsole): Opened {
  return [...(await stdioPaths(console)), ...(await httpPaths(console)), ...(await bridgePaths(console))];
}
