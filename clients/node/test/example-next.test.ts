/** The example of Next runs in Next, with the package as it is published. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";

import { asEvents, caseOf, startAnswering } from "./answering.js";
import { newUser, testClient, usd } from "./fixtures.js";
import { until } from "./until.js";

const provider = await startAnswering();
const client = testClient();
const events = caseOf("openai-responses", "a stream: the last").events.map(withTime);
const application = installExample();
const url = await startNext();
after(() => rmSync(application, { recursive: true, force: true }));

/** The AI SDK wants to know when a response was made. */
function withTime({ response, ...event }: Record<string, any>) {
  return response ? { ...event, response: { ...response, created_at: 1763800000 } } : event;
}

/** A folder below that of Next, where the example finds its packages. */
function installExample(): string {
  const folder = process.env["AIUSAGE_NEXT_FOLDER"];
  if (!folder) {
    throw new Error("this test needs Next: run scripts/test-node, or set AIUSAGE_NEXT_FOLDER");
  }
  const application = mkdtempSync(join(folder, "application-"));
  const aiusage = join(application, "node_modules", "aiusage");
  for (const name of ["instrumentation.ts", "app"]) {
    cpSync(join("examples", "next", name), join(application, name), { recursive: true });
  }
  for (const name of ["package.json", "dist/esm", "dist/cjs"]) {
    cpSync(name, join(aiusage, name), { recursive: true });
  }
  return application;
}

/** Starts Next for development and returns its address; it is stopped when the file is done. */
async function startNext(): Promise<string> {
  const env = {
    ...process.env,
    NEXT_TELEMETRY_DISABLED: "1",
    OPENAI_API_KEY: "key",
    OPENAI_BASE_URL: `${provider.url}/v1`,
  };
  const next = join("..", "node_modules", "next", "dist", "bin", "next");
  const program = spawn(process.execPath, [next, "dev", "--port", "0"], {
    cwd: application,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  after(() => stop(program));
  const written: string[] = [];
  for await (const line of createInterface(program.stdout)) {
    written.push(line);
    const [, port] = /Local: .*localhost:(\d+)/.exec(line) ?? [];
    if (!port) continue;
    program.stdout.resume();
    return `http://127.0.0.1:${port}/api/chat`;
  }
  throw new Error(`Next did not start:\n${written.join("\n")}`);
}

async function stop(program: ChildProcess): Promise<void> {
  const ended = once(program, "exit");
  program.kill("SIGTERM");
  await ended;
}

function ask(userId: string, signal?: AbortSignal): Promise<Response> {
  const headers = { "x-user-id": userId };
  const body = JSON.stringify({ question: "Why?" });
  return fetch(url, { method: "POST", headers, body, ...(signal && { signal }) });
}

test("an answer is streamed, and its record is sent before it ends", async () => {
  provider.answer(asEvents(events));
  const userId = newUser();
  assert.equal(await (await ask(userId)).text(), "Hi");
  const { totals, byFeature } = await client.getUserCost(userId);
  // 30 at 2.5 and 2 at 10.
  assert.deepEqual(totals.cost, usd("0.000095"));
  assert.equal(byFeature[0]?.key, "chat");
});

test("a reader who goes away is recorded", async () => {
  provider.answer(asEvents(events.slice(0, -1), false));
  const userId = newUser();
  const leaving = new AbortController();
  const { body } = await ask(userId, leaving.signal);
  const { value } = await body!.getReader().read();
  assert.equal(new TextDecoder().decode(value), "Hi");
  leaving.abort();
  await until(async () => (await client.getUserCost(userId)).totals.errorCount === 1n);
});
