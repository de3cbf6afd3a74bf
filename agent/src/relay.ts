import type { Readable, Writable } from "node:stream";
import type { Agent } from "./agent";
import { osCaller } from "./agent";
import { Child } from "./child";
import type { Exchange } from "./exchange";
import { LineSplitter } from "./framing";
import { log } from "./log";
import { Session } from "./session";

const LAST_WORDS_MS = 1000;

/** Reads a stream by lines into `onFrame`, and stops reading while `sink` cannot take more. */
function pump(source: Readable, sink: Writable, splitter: LineSplitter): void {
  source.on("data", (chunk: Buffer) => {
    splitter.push(chunk);
    if (!sink.writableNeedDrain) return;
    source.pause();
    sink.once("drain", () => source.resume());
  });
  source.on("end", () => splitter.end());
}

/**
 * stdio in front of stdio: one client, one child, one session. Resolves to the exit code once both are gone.
 * @param client the client's ends: what it writes, what it reads
 */
export async function relayStdio(
  agent: Agent,
  command: readonly string[],
  client: { input: Readable; output: Writable },
): Promise<number> {
  const child = new Child(command);
  const exchange: Exchange = {
    toClient: (bytes) => void client.output.write(bytes),
    toUpstream: (bytes) => void child.stdin.write(bytes),
  };
  const session = new Session(agent, osCaller(), exchange);
  pump(client.input, child.stdin, new LineSplitter((frame) => session.fromClient(frame)));
  pump(child.stdout, client.output, new LineSplitter((frame) => session.fromUpstream(frame)));

  const leaving = new Promise<"end" | "signal">((resolve) => {
    client.input.on("end", () => resolve("end"));
    client.input.on("error", () => resolve("end"));
    client.output.on("error", () => resolve("end"));
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
      process.on(signal, () => resolve("signal"));
  });
  const first = await Promise.race([leaving, child.ended]);
  session.clientGone();
  const gone = typeof first === "string" ? child.end(first === "signal") : Promise.resolve(first);
  const { code, error } = await gone;
  if (error) log.error("the server could not be started", { error: error.message });
  session.close();
  await agent.stop(LAST_WORDS_MS);
  return code;
}
