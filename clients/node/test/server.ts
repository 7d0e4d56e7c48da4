/** The real server, started for a run of the tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

// The first start makes a database.
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;

export interface Server {
  readonly address: string;
  readonly apiKey: string;
  stop(): Promise<void>;
}

/** The server that the environment names, or one of our own. */
export async function startServer(): Promise<Server> {
  const { AIUSAGE_ADDRESS: address, AIUSAGE_API_KEY: apiKey } = process.env;
  if (address && apiKey) return { address, apiKey, stop: async () => {} };
  const folder = makeFolder();
  const removeFolder = () => fs.rmSync(folder, { recursive: true, force: true });
  try {
    const server = await startServerIn(folder);
    return { ...server, stop: () => server.stop().finally(removeFolder) };
  } catch (error) {
    removeFolder();
    throw error;
  }
}

/** A folder for the data of servers; who makes it removes it. */
export function makeFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), "aiusage-"));
  // The database may run as a user other than ours, and must reach its data.
  fs.chmodSync(folder, 0o755);
  return folder;
}

/** One of our own with its data in `folder`, or with the data that another one left there. */
export async function startServerIn(folder: string, flags: string[] = []): Promise<Server> {
  const program = binary();
  const credentials = join(folder, "credentials.json");
  const log = join(folder, "server.log");
  // That it is there again says that the server is ready.
  fs.rmSync(credentials, { force: true });
  const listen = ["serve", "--listen", "127.0.0.1:0", ...flags];
  const paths = ["--data-dir", join(folder, "data"), "--credentials-file", credentials];
  const output = fs.openSync(log, "w");
  const child = spawn(program, [...listen, ...paths], { stdio: ["ignore", output, output] });
  const stop = () => stopServer(child);
  try {
    await waitUntilReady(child, credentials, log);
  } catch (error) {
    await stop();
    throw error;
  }
  const filed = JSON.parse(fs.readFileSync(credentials, "utf8"));
  return { address: filed.address, apiKey: filed.api_key, stop };
}

function binary(): string {
  const named = process.env["AIUSAGE_BINARY"] ?? "";
  try {
    fs.accessSync(named, fs.constants.X_OK);
  } catch {
    throw new Error(
      "these tests need a server: set AIUSAGE_BINARY to the aiusage binary " +
        `(it is "${named}"), or AIUSAGE_ADDRESS and AIUSAGE_API_KEY to one that runs`,
    );
  }
  return named;
}

async function waitUntilReady(
  child: ChildProcess,
  credentials: string,
  log: string,
): Promise<void> {
  const giveUp = Date.now() + START_TIMEOUT_MS;
  while (!fs.existsSync(credentials)) {
    if (child.exitCode !== null || Date.now() > giveUp) {
      throw new Error(`the server did not start:\n${fs.readFileSync(log, "utf8")}`);
    }
    await sleep(50);
  }
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) {
    const gone = once(child, "exit", { signal: AbortSignal.timeout(STOP_TIMEOUT_MS) });
    child.kill("SIGTERM");
    await gone.catch(() => {
      child.kill("SIGKILL");
      throw new Error("the server did not stop");
    });
  }
}
