// Stands between an agent and a real server: appends every byte it is sent to a file before passing it on.
// usage: node recorder.mjs FILE COMMAND ARG…
import { spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";

const [file, command, ...args] = process.argv.slice(2);
writeFileSync(file, "", { flag: "a" });
const child = spawn(command, args, { stdio: ["pipe", "inherit", "inherit"] });
process.stdin.on("data", (chunk) => {
  appendFileSync(file, chunk);
  child.stdin.write(chunk);
});
process.stdin.on("end", () => child.stdin.end());
child.on("exit", (code) => process.exit(code ?? 1));
process.on("SIGTERM", () => child.kill("SIGTERM"));
