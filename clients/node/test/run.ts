/** Runs every test file against one server, or those that are named: `npm test tracking`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startServer } from "./server.js";

const folder = import.meta.dirname;
const named = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.js"))
  .filter((name) => named.length === 0 || named.includes(name.replace(".test.js", "")));
const server = await startServer();
const spool = mkdtempSync(join(tmpdir(), "aiusage-spool-"));
try {
  const env = {
    ...process.env,
    AIUSAGE_ADDRESS: server.address,
    AIUSAGE_API_KEY: server.apiKey,
    AIUSAGE_SPOOL_DIR: join(spool, "spool"),
  };
  const paths = files.map((name) => join(folder, name));
  const tests = spawn(process.execPath, ["--test", "--test-reporter=spec", ...paths], {
    env,
    stdio: "inherit",
  });
  const [exitCode] = await once(tests, "exit");
  process.exitCode = exitCode ?? 1;
} finally {
  rmSync(spool, { recursive: true });
  await server.stop();
}
