import { createHash, randomBytes } from "node:crypto";
import { readlinkSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";

/** The file of an owner's folder that says by its time that the owner lives. */
export const ALIVE_FILE = "alive";
/** An owner tells that it lives this often... */
export const BEAT_MS = 15_000;
/** ...and counts as dead after so long a silence. */
const SILENCE_MAX_MS = 60_000;

/** A name that no other sender has or had: of this machine, process and thread. */
export function newOwner(): string {
  return `${machine()}-${process.pid}-${threadId}-${randomBytes(4).toString("hex")}`;
}

/**
 * Whether the owner of a folder is gone. A process of this machine is looked for; of others,
 * and of other containers, only their silence tells.
 */
export function isGone(folder: string, owner: string): boolean {
  const [itsMachine, pid] = owner.split("-");
  const isNeighbour = itsMachine === machine() && Number(pid) !== process.pid;
  if (isNeighbour && !isRunning(Number(pid))) return true;
  const aliveAt = timeOf(join(folder, owner, ALIVE_FILE));
  return aliveAt === undefined || Date.now() - aliveAt > SILENCE_MAX_MS;
}

/** Where process ids mean the same: this host, and this container of it. */
function machine(): string {
  return createHash("sha256").update(`${hostname()} ${pidNamespace()}`).digest("hex").slice(0, 8);
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs as somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a file was changed; infinitely late where nobody can tell. */
function timeOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  } catch {
    // A stray file where a folder should be, or a folder of somebody else.
    return Infinity;
  }
}
