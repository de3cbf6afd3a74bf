// The least that can stand between a client and a server on stdio: bytes in, bytes out, nothing read.
//   node pipe.mjs COMMAND ARG…
import { spawn } from "node:child_process";

const [command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
process.stdin.pipe(child.stdin);
child.stdout.pipe(process.stdout);
child.on("exit", () => process.exit());
