/** What happens when the service is away or slow, and how programs load and leave the package. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";

import { AiusageError, Client, DeadlineExceededError, UnavailableError } from "aiusage";

const record = { userId: "user-1", model: "gpt-4o" };

/** Something that takes connections and never answers. */
async function silentServer() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  server.unref();
  server.on("connection", (socket) => socket.unref());
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, server };
}

async function takesLessThan(limitMs: number, work: () => Promise<void>): Promise<void> {
  const started = Date.now();
  await work();
  assert.ok(Date.now() - started < limitMs, `took ${Date.now() - started} ms`);
}

test("a service that is away fails quickly", async () => {
  const { address, server } = await silentServer();
  server.close();
  const client = new Client({ address, apiKey: "aiusage_any" });
  const isTyped = (error: unknown) => error instanceof UnavailableError;
  await takesLessThan(4000, async () => {
    await assert.rejects(client.getUserCost("user-1"), isTyped);
    await assert.rejects(client.recordUsageBatch([record]), isTyped);
  });
});

test("a silent service costs no more than the timeout", async () => {
  const { address } = await silentServer();
  const client = new Client({ address, apiKey: "aiusage_any", timeoutMs: 300 });
  const isTyped = (error: unknown) => error instanceof DeadlineExceededError;
  await takesLessThan(3000, async () => {
    await assert.rejects(client.getUserCost("user-1"), isTyped);
    await assert.rejects(client.getUserCost("user-1", { timeoutMs: 100 }), isTyped);
    await assert.rejects(client.recordUsageBatch([record], { timeoutMs: 300 }), isTyped);
  });
  client.close();
});

test("a caller's signal ends a call", async () => {
  const { address } = await silentServer();
  const client = new Client({ address, apiKey: "aiusage_any" });
  const isTyped = (error: unknown) => error instanceof AiusageError && error.code === "CANCELLED";
  await takesLessThan(3000, async () => {
    const signal = AbortSignal.timeout(100);
    await assert.rejects(client.getUserCost("user-1", { signal }), isTyped);
    await assert.rejects(client.recordUsageBatch([record], { signal }), isTyped);
  });
  client.close();
});

const USE =
  "const c = new Client(); c.getUserCost('user-1').then((cost) => console.log(cost.userId))";

for (const [kind, load] of [
  ["module", "import { Client } from 'aiusage'"],
  ["commonjs", "const { Client } = require('aiusage')"],
] as const) {
  test(`a ${kind} program loads the package and ends by itself`, () => {
    const program = ["--input-type", kind, "--eval", `${load}; ${USE}`];
    const output = execFileSync(process.execPath, program, { encoding: "utf8", timeout: 10_000 });
    assert.equal(output, "user-1\n");
  });
}
