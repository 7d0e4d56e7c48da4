import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { ConfigurationError } from "./errors.js";

/** Where the service is, and the API key for it. */
export interface Credentials {
  readonly address: string;
  readonly apiKey: string;
}

/**
 * The credentials to use: arguments first, then the environment, then the
 * credentials file.
 *
 * The key of the credentials file goes to the address of that file alone, never
 * to an address that came from elsewhere.
 */
export function findCredentials(given: Partial<Credentials>): Credentials {
  const address = given.address || process.env["AIUSAGE_ADDRESS"];
  const apiKey = given.apiKey || process.env["AIUSAGE_API_KEY"];
  if (address && apiKey) return { address, apiKey };
  const path = credentialsPath();
  const filed = readCredentials(path);
  if (!filed) throw new ConfigurationError(missing(address, path));
  if (!address || address === filed.address) {
    return { address: filed.address, apiKey: apiKey || filed.apiKey };
  }
  throw new ConfigurationError(
    `no API key for ${address}: pass apiKey or set AIUSAGE_API_KEY ` +
      `(the key in ${path} is for ${filed.address})`,
  );
}

/** The base URL of an address such as "http://127.0.0.1:50051"; http is plaintext, https is TLS. */
export function parseAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (!url || !isHttp || url.pathname !== "/") {
    throw new ConfigurationError(
      `the address must look like http://host:port or https://host:port, is "${address}"`,
    );
  }
  return url.origin;
}

function credentialsPath(): string {
  const named = process.env["AIUSAGE_CREDENTIALS_FILE"];
  if (named) return named;
  const folder = process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  return join(folder, "aiusage", "credentials.json");
}

function readCredentials(path: string): Credentials | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  const content = parseJsonObject(text);
  const { address, api_key: apiKey } = content;
  if (typeof address !== "string" || typeof apiKey !== "string") {
    throw new ConfigurationError(
      `${path} must hold JSON such as ` +
        `{"address": "http://127.0.0.1:50051", "api_key": "aiusage_..."}`,
    );
  }
  return { address, apiKey };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ConfigurationError(`cannot read the credentials file ${path}: ${error}`);
  }
}

/** The object in `text`; an empty one when there is none. */
function parseJsonObject(text: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === "object" && content !== null ? { ...content } : {};
  } catch {
    return {};
  }
}

function missing(address: string | undefined, path: string): string {
  if (address) return `no API key for ${address}: pass apiKey or set AIUSAGE_API_KEY`;
  return (
    "no address of the service: pass address, set AIUSAGE_ADDRESS, or start " +
    `\`aiusage serve\` on this machine, which writes ${path}`
  );
}
