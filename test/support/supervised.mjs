// A command cut down to what its supervisor does: holds something, starts a child that will not hear of SIGTERM
// and has a child itself, and one that follows us; says their process ids in lines of JSON.
// node supervised.mjs command GRACE_MS
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { followUs } from "../../scripts/lib/children.mjs";
import { runSupervised } from "../../scripts/lib/processes.mjs";

const [role, graceMs] = process.argv.slice(2);
const self = fileURLToPath(import.meta.url);

if (role === "command") {
  await runSupervised(
    async (supervisor) => {
      await supervisor.hold(Promise.resolve("first"), async () => console.log("let go: first"));
      await supervisor.hold(Promise.resolve("second"), async () => console.log("let go: second"));
      const stubborn = supervisor.start("stubborn", process.execPath, [self, "stubborn"]);
      const follower = supervisor.start("follower", process.execPath, [...followUs(), self, "follower"]);
      console.log(JSON.stringify({ stubborn: stubborn.pid, follower: follower.pid }));
      await stubborn.ended;
    },
    { graceMs: Number(graceMs) },
  );
} else {
  setInterval(() => {}, 1_000);
  if (role === "stubborn") {
    process.on("SIGTERM", () => console.log("not now"));
    const child = spawn(process.execPath, [self, "child"], { stdio: "ignore" });
    console.log(JSON.stringify({ child: child.pid }));
  }
}
