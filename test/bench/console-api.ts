import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Environment } from "./environment";

export type Json = ReturnType<typeof JSON.parse>;
export interface Reply {
  status: number;
  body: Json;
}

/** The console that scripts/bench.mjs started, spoken to with an owner's token. */
export interface BenchConsole {
  readonly url: string;
  readonly pid: number;
  readonly ownerUrl: string;
  readonly folder: string;
  api(method: string, path: string, body?: object): Promise<Reply>;
  /** The command line of an agent; `rest` follows its common flags. */
  agent(command: "run" | "serve", server: string, rest: readonly string[]): Promise<AgentLaunch>;
  close(): void;
}

export interface AgentLaunch {
  readonly command: string[];
  readonly env: Environment;
  readonly stateDir: string;
}

const need = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing: start this with npm run bench`);
  return value;
};

function sender(url: string, token: string, agent: Agent) {
  return (method: string, path: string, body?: object): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? "" : JSON.stringify(body);
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      };
      const asked = request(`${url}/api/v1${path}`, { method, agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode as number,
            body: JSON.parse(Buffer.concat(chunks).toString("utf8")),
          }),
        );
      });
      asked.on("error", reject);
      asked.end(text);
    });
}

export async function benchConsole(): Promise<BenchConsole> {
  const url = need("AUTH_URL");
  const folder = mkdtempSync(join(need("ASSENTRY_DATA_DIR"), "bench-"));
  const cli = ["--import", "tsx", "lib/cli/main.ts"];
  const made = await promisify(execFile)(process.execPath, [
    ...cli,
    ...["token", "create", "--name", "bench", "--role", "owner", "--json"],
  ]);
  const http = new Agent({ keepAlive: true, maxSockets: 32, noDelay: true });
  const api = sender(url, JSON.parse(made.stdout).token, http);
  return {
    url,
    folder,
    pid: Number(need("ASSENTRY_BENCH_PID")),
    ownerUrl: need("DATABASE_OWNER_URL"),
    api,
    async agent(command, server, rest) {
      const enrolment = await api("POST", "/servers", { server });
      if (enrolment.status !== 201) throw new Error(`no enrolment: ${JSON.stringify(enrolment.body)}`);
      const stateDir = join(folder, server);
      const flags = ["--console", url, "--server", server, "--state-dir", stateDir];
      return {
        stateDir,
        command: [process.execPath, "agent/bin.js", command, ...flags, ...rest],
        env: {
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          ASSENTRY_ENROLL_TOKEN: enrolment.body.token,
          ASSENTRY_LOG_LEVEL: "error",
          ASSENTRY_PATIENCE_SECONDS: "3600",
        },
      };
    },
    close() {
      http.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The credential that `serve` made for its clients. */
export const credentialOf = (launch: AgentLaunch): string =>
  `Bearer ${readFileSync(join(launch.stateDir, "credential"), "utf8").trim()}`;
