import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";

const NOBODY = 65534;
const unshareArgs = ["--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

/**
 * How to run Postgres, which refuses to run as root.
 * @typedef {object} Runner
 * @property {string[]} prefix                                 Put before the command.
 * @property {{ uid: number, gid: number } | undefined} owner  Who the process is and its files belong to, if not us.
 */

/** @type {Runner} */
const plain = { prefix: [], owner: undefined };
/** @type {Runner} */
const mapped = { prefix: ["unshare", ...unshareArgs], owner: undefined };

/**
 * Finds a way to run Postgres that really works here. As root: whoever owns the data already, else a user
 * namespace in which root's files belong to an ordinary user, else another user of this machine.
 * @param {{ dataDir: string, serverDir: string, postgres: string, env: Record<string, string> }} place
 * @returns {Runner}
 */
export function chooseRunner(place) {
  const data = join(place.serverDir, "data");
  if (process.getuid === undefined) return plain;
  if (process.getuid() !== 0) return hasName() || !works(mapped, place) ? plain : mapped;
  const owner = existsSync(data) ? statSync(data) : undefined;
  if (owner && owner.uid !== 0) {
    if (statSync(place.dataDir).uid !== owner.uid) chmodSync(place.dataDir, 0o711);
    return { prefix: [], owner: { uid: owner.uid, gid: owner.gid } };
  }
  if (works(mapped, place)) return mapped;
  for (const other of otherUsers(place)) {
    const runner = { prefix: [], owner: other };
    handOver(place, other);
    if (works(runner, place)) return runner;
    handOver(place, { uid: 0, gid: 0 });
  }
  throw new Error(
    "Postgres does not run as root, and neither a user namespace (unshare) nor another user worked here. " +
      "Start as an ordinary user who may enter this folder, or set DATABASE_URL.",
  );
}

/**
 * The command, arguments and identity to spawn.
 * @param {Runner} runner @param {string} command @param {string[]} args
 */
export function commandFor(runner, command, args) {
  const [program, ...rest] = [...runner.prefix, command, ...args];
  return { program: program ?? command, args: rest, identity: runner.owner ?? {} };
}

/** initdb fails for a user id that has no name (`docker run --user 1234`). */
function hasName() {
  try {
    return userInfo().username !== "";
  } catch {
    return false;
  }
}

/** @param {Runner} runner @param {Parameters<typeof chooseRunner>[0]} place */
function works(runner, place) {
  const script = 'test -w "$1" && "$2" --version';
  const { program, args, identity } = commandFor(runner, "/bin/sh", [
    "-c",
    script,
    "sh",
    place.serverDir,
    place.postgres,
  ]);
  return spawnSync(program, args, { ...identity, env: place.env, cwd: "/", stdio: "ignore" }).status === 0;
}

/** Whoever owns the program's folder can surely read it; nobody is the last resort. */
/** @param {Parameters<typeof chooseRunner>[0]} place */
function otherUsers(place) {
  const { uid, gid } = statSync(dirname(place.postgres));
  return [...(uid === 0 ? [] : [{ uid, gid }]), { uid: NOBODY, gid: NOBODY }];
}

/**
 * Gives the server's files to another user, who must also be able to pass through the data directory
 * (without listing it; everything in it stays closed).
 * @param {Parameters<typeof chooseRunner>[0]} place @param {{ uid: number, gid: number }} owner
 */
function handOver({ dataDir, serverDir }, { uid, gid }) {
  chmodSync(dataDir, uid === 0 ? 0o700 : 0o711);
  chownTree(serverDir, uid, gid);
}

/** @param {string} path @param {number} uid @param {number} gid */
function chownTree(path, uid, gid) {
  const entry = lstatSync(path);
  if (entry.isSymbolicLink()) return;
  chownSync(path, uid, gid);
  if (entry.isDirectory()) for (const name of readdirSync(path)) chownTree(join(path, name), uid, gid);
}
