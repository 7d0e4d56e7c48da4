/** The real service, started for a run of the tests, with a ledger that the tests know. */
import type { TestProject } from "vitest/node";

import { startServer } from "../../../clients/node/test/server.js";
import { fill } from "./ledger";

declare module "vitest" {
  export interface ProvidedContext {
    address: string;
    apiKey: string;
  }
}

export default async function setup({ provide }: TestProject) {
  const { address, apiKey, stop } = await startServer();
  const url = address.startsWith("http") ? address : `http://${address}`;
  try {
    await fill({ address: url, apiKey });
  } catch (error) {
    await stop();
    throw error;
  }
  provide("address", url);
  provide("apiKey", apiKey);
  return stop;
}
