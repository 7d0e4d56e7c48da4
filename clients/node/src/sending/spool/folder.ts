import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";

import { type Credentials, parseAddress } from "../../config.js";

/**
 * The folder for the records of one key at one address: they never go to another. Neither
 * can be read from its name.
 */
export function spoolFolder(base: string | undefined, { address, apiKey }: Credentials): string {
  const secret = `aiusage spool\n${parseAddress(address)}\n${apiKey}`;
  const tag = createHash("sha256").update(secret).digest("hex").slice(0, 32);
  return join(base || defaultBase(), `node-${tag}`);
}

function defaultBase(): string {
  const named = process.env["AIUSAGE_SPOOL_DIR"];
  if (named) return named;
  const state = process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  return join(state, "aiusage", "spool");
}
