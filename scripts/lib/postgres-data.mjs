import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { commandFor } from "./postgres-user.mjs";

/** @typedef {{ serverDir: string, binaries: import("./postgres-binaries.mjs").Binaries, env: Record<string, string>, runner: import("./postgres-user.mjs").Runner }} Context */

/**
 * initdb works in a folder of its own that gets its name last, so that a killed start leaves nothing half made.
 * @param {Context} context @param {import("./postgres-roles.mjs").Passwords} passwords
 */
export async function createData({ serverDir, binaries, env, runner }, passwords) {
  for (const name of fs.readdirSync(serverDir)) {
    if (name.startsWith("new-")) fs.rmSync(join(serverDir, name), { recursive: true, force: true });
  }
  const draft = fs.mkdtempSync(join(serverDir, "new-"));
  const passwordFile = join(draft, "password");
  writePrivate(passwordFile, `${passwords.owner}\n`, runner.owner);
  if (runner.owner) fs.chownSync(draft, runner.owner.uid, runner.owner.gid);
  const target = join(draft, "data");

  const { program, args, identity } = commandFor(runner, binaries.initdb, [
    ...["-D", target, "-U", "postgres", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"],
    ...["--auth=scram-sha-256", `--pwfile=${passwordFile}`],
  ]);
  const child = spawn(program, args, {
    ...identity,
    env,
    cwd: serverDir,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const [code] = await once(child, "close");
  fs.rmSync(passwordFile, { force: true });
  if (code !== 0) throw new Error(`The embedded Postgres could not be created:\n${output.trim()}`);
  fs.renameSync(target, join(serverDir, "data"));
  fs.rmSync(draft, { recursive: true, force: true });
}

/** @param {string} file @param {string} text @param {{ uid: number, gid: number } | undefined} owner */
export function writePrivate(file, text, owner) {
  fs.writeFileSync(file, text, { mode: 0o600 });
  if (owner) fs.chownSync(file, owner.uid, owner.gid);
}
