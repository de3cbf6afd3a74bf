import { afterEach } from "vitest";
import { AgentRig, eventually, type Message, type RigOptions } from "./agent-rig";
import { ContractConsole } from "./contract-console";
import type { Held } from "./contract-requests";

/** Consoles and agents of one test file; all that a test opened ends with it. */
export function agentWorld() {
  const open: { stop(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.stop();
  });
  return {
    async console(): Promise<ContractConsole> {
      const console = await new ContractConsole().start();
      open.push(console);
      return console;
    },
    /** An agent whose client has not said anything yet. */
    silent(console: ContractConsole, options: Partial<RigOptions> = {}): AgentRig {
      const rig = new AgentRig({ consoleUrl: console.url, token: console.token(), ...options });
      open.push(rig);
      return rig;
    },
    async agent(console: ContractConsole, options: Partial<RigOptions> = {}): Promise<AgentRig> {
      const rig = this.silent(console, options);
      await rig.initialize();
      return rig;
    },
  };
}

export const textOf = (message: Message): string => message.result?.content?.[0]?.text ?? "";

export const heldIn = (console: ContractConsole, at = 0): Promise<Held> =>
  eventually(() => console.held[at], "a held call");

export const eventOf = (console: ContractConsole, type: string, match: Record<string, unknown> = {}) =>
  eventually(
    () =>
      console.events.find(
        (event) =>
          event.type === type &&
          Object.entries(match).every(([key, value]) => (event as Record<string, unknown>)[key] === value),
      ),
    `the event ${type} ${JSON.stringify(match)}`,
  );
