/** Workers, clusters, both kinds of modules in one process, and tracing. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { context, trace, TraceFlags } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { record, track } from "aiusage";

import { shutDoorway } from "./doorway.js";
import { newUser, testClient } from "./fixtures.js";
import { runProgram } from "./programs.js";
import { recorded } from "./recorded.js";

const client = testClient();
const folder = mkdtempSync(join(tmpdir(), "aiusage-processes-"));
after(() => rmSync(folder, { recursive: true }));

async function requestCount(userId: string): Promise<bigint> {
  return (await client.getUserCost(userId)).totals.requestCount;
}

test("worker threads send at their end, and leave to others what they could not", async (t) => {
  const doorway = await shutDoorway();
  t.after(() => doorway.shut());
  const userId = newUser();
  const worker = `
    import { record } from "aiusage";
    for (let i = 0; i < 100; i += 1) record({ userId: process.env.userId, model: "m" });`;
  const program = `
    import { Worker } from "node:worker_threads";
    import { once } from "node:events";
    const workers = [1, 2, 3].map(() => new Worker(process.env.worker, { eval: true }));
    await Promise.all(workers.map((worker) => once(worker, "exit")));`;
  const env = { userId, worker, AIUSAGE_SPOOL_DIR: join(folder, "workers") };
  await runProgram(program, env);
  assert.equal(await requestCount(userId), 300n);
  const away = { ...env, AIUSAGE_ADDRESS: doorway.address };
  await runProgram(program, away);
  await doorway.open();
  await runProgram(`if (!(await aiusage.flush())) throw new Error("not sent");`, away);
  assert.equal(await requestCount(userId), 600n);
});

test("a cluster shares one spool", async (t) => {
  const doorway = await shutDoorway();
  t.after(() => doorway.shut());
  const userId = newUser();
  const worker = join(folder, "worker.cjs");
  writeFileSync(
    worker,
    `const { record } = require("node:module").createRequire(process.cwd() + "/x.js")("aiusage");
    for (let i = 0; i < 100; i += 1) record({ userId: process.env.userId, model: "m" });
    process.exit();`,
  );
  const program = `
    import cluster from "node:cluster";
    import { once } from "node:events";
    cluster.setupPrimary({ exec: process.env.worker, execArgv: [] });
    await Promise.all([1, 2].map(() => once(cluster.fork(), "exit")));`;
  const spoolDir = join(folder, "cluster");
  const env = { userId, worker, AIUSAGE_ADDRESS: doorway.address, AIUSAGE_SPOOL_DIR: spoolDir };
  await runProgram(program, env);
  await doorway.open();
  await runProgram(`if (!(await aiusage.flush())) throw new Error("not sent");`, env);
  assert.equal(await requestCount(userId), 200n);
});

test("import and require share context, calls and sender", async () => {
  const output = await runProgram(
    `import { createRequire } from "node:module";
    const required = createRequire(process.cwd() + "/x.js")("aiusage");
    if (required.track === aiusage.track) throw new Error("one copy alone");
    aiusage.configure({ spool: "never" });
    aiusage.withContext({ userId: "user-1" }, () => {
      console.log(required.currentContext().userId);
      aiusage.track({ model: "m" }, (call) => console.log(required.currentCall() === call));
      required.record({ model: "m" });
    });
    console.log(aiusage.senderStats().queued, required.senderStats().queued);
    required.configure({ enabled: false });`,
  );
  assert.equal(output, "user-1\ntrue\n2 2\n");
});

test("a program in CommonJS", () => {
  const text = `
    const { flush, record, track } = require("aiusage");
    track({ userId: "user-1", model: "m" }, () => record({ userId: "user-1", model: "m" }));
    flush().then(console.log);`;
  const args = ["--input-type=commonjs", "--eval", text];
  assert.equal(execFileSync(process.execPath, args, { encoding: "utf8" }), "true\n");
});

test("records carry the span that is active", async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const spanId = "b7ad6b7169203331";
  const spanContext = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
  const span = trace.setSpan(context.active(), trace.wrapSpanContext(spanContext));
  const call = { userId: "user-1", model: "m" };
  const records = await recorded(async () => {
    await context.with(span, async () => {
      record(call);
      await track(call, async () => {});
    });
    record(call);
  });
  context.disable();
  assert.deepEqual(
    records.map((each) => [each.traceId, each.spanId]),
    [
      [traceId, spanId],
      [traceId, spanId],
      [undefined, undefined],
    ],
  );
});
