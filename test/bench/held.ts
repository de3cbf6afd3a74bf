import { type Answer, open, StdioPeer } from "./clients";
import type { AgentLaunch, BenchConsole } from "./console-api";

export const SERVER = [process.execPath, "test/bench/servers/stdio.mjs"];

/** Milliseconds on the machine's monotonic clock, which every process of it shares. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

/** A call that a person must decide. */
export interface HeldCall {
  readonly id: string;
  /** from the call to the word that it waits */
  readonly heldMs: number;
  /** the server's answer, when it came and when the call had reached the server */
  readonly answered: Promise<{ answer: Answer; at: number; reachedServer: number }>;
}

/** Our agent on stdio, and a client whose calls wait. */
export class Holder {
  private count = 0;

  private constructor(
    readonly console: BenchConsole,
    readonly peer: StdioPeer,
  ) {}

  static async open(console: BenchConsole, server: string): Promise<Holder> {
    const launch: AgentLaunch = await console.agent("run", server, ["--", ...SERVER]);
    const peer = new StdioPeer(launch.command, launch.env);
    await open(peer);
    await peer.ask("tools/call", { name: "echo", arguments: { text: "warm" } });
    return new Holder(console, peer);
  }

  /** Resolves once the console has it: the agent says so by progress. */
  hold(): Promise<HeldCall> {
    const token = `bench-${++this.count}`;
    const asked = monotonic();
    return new Promise((resolve, reject) => {
      let told = false;
      const params = {
        name: "erase",
        arguments: { text: `record ${this.count}` },
        _meta: { progressToken: token },
      };
      const answered = this.peer
        .ask("tools/call", params, (notice) => {
          const { params: said } = notice as { params?: { progressToken?: string; message?: string } };
          const id =
            said?.progressToken === token ? /req_[0-9a-z]+/.exec(said.message ?? "")?.[0] : undefined;
          if (!id || told) return;
          told = true;
          resolve({ id, heldMs: monotonic() - asked, answered });
        })
        .then((answer) => {
          const at = monotonic();
          const text = answer.result?.content?.[0]?.text ?? "";
          if (!told) reject(new Error(`the call was not held: ${text || JSON.stringify(answer)}`));
          return { answer, at, reachedServer: Number(text) / 1e6 };
        });
    });
  }

  /** What a person's approval sends; the digest is that of the card that was shown. */
  async digestOf(id: string): Promise<string> {
    const { status, body } = await this.console.api("GET", `/requests/${id}`);
    if (status !== 200) throw new Error(`no such request: ${JSON.stringify(body)}`);
    return body.digest;
  }

  async approve(id: string, digest: string): Promise<void> {
    const { status, body } = await this.console.api("POST", `/requests/${id}/decision`, {
      verdict: "approve",
      digest,
    });
    if (status !== 200) throw new Error(`not decided: ${JSON.stringify(body)}`);
  }
}
