import { afterEach } from "vitest";
import { eventually, type Message } from "./agent-rig";
import { ContractConsole } from "./contract-console";
import { RecordingServer } from "./http-server";
import { type ServeOptions, ServeRig } from "./serve-rig";

const open: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
});

/** Starts it, and stops it after the test. */
export async function started<T extends { start(): Promise<T>; stop(): Promise<unknown> }>(
  thing: T,
): Promise<T> {
  open.push(thing);
  return thing.start();
}

/** An agent in front of a command, and its console. */
export async function rigOf(options: Partial<ServeOptions> = {}) {
  const console = await started(new ContractConsole());
  const rig = await started(new ServeRig({ consoleUrl: console.url, token: console.token(), ...options }));
  return { console, rig };
}

/** An agent in front of a server that speaks HTTP, and its console. */
export async function relayOf(options: Partial<ServeOptions> = {}) {
  const server = await started(new RecordingServer());
  return { server, ...(await rigOf({ upstream: server.url, ...options })) };
}

export const heldIn = (console: ContractConsole, at = 0) => eventually(() => console.held[at], "a held call");

export const textIn = (message?: Message) => message?.result?.content?.[0]?.text;

/** What was refused, as `code` or `code detail`. */
export const refusalsOf = (console: ContractConsole) =>
  console.events.flatMap((event) =>
    event.type === "call.refused" ? [[event.code, event.detail].join(" ")] : [],
  );
