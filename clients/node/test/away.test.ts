/** The service is away, and comes back: every record counts, once. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { close, configure, type Drop, flush, record, senderStats } from "aiusage";

import { shutDoorway } from "./doorway.js";
import { newUser, testClient } from "./fixtures.js";
import { program, runProgram } from "./programs.js";
import { until } from "./until.js";

const client = testClient();
const folder = mkdtempSync(join(tmpdir(), "aiusage-away-"));
after(async () => {
  await close({ timeoutMs: 0 });
  rmSync(folder, { recursive: true });
});
const apiKey = process.env["AIUSAGE_API_KEY"]!;

let folderCount = 0;
function newSpoolDir(): string {
  return join(folder, String((folderCount += 1)));
}

function recordMany(userId: string, count: number): void {
  const usage = { inputTokens: 1000, outputTokens: 500 };
  for (let made = 0; made < count; made += 1) record({ userId, model: "gpt-4o", usage });
}

async function requestCount(userId: string): Promise<bigint> {
  return (await client.getUserCost(userId)).totals.requestCount;
}

/** All files under a folder that hold records. */
function segments(spoolDir: string): string[] {
  const names = readdirSync(spoolDir, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".seg")).map((name) => join(spoolDir, name));
}

test("records wait on the disk, and are sent when the service is back", async (t) => {
  const doorway = await shutDoorway();
  t.after(() => doorway.shut());
  const userId = newUser();
  const spoolDir = newSpoolDir();
  const warnings: string[] = [];
  const log = (line: string) => warnings.push(line);
  configure({ address: doorway.address, apiKey, spoolDir, log });
  recordMany(userId, 700);
  await until(() => senderStats().spooled === 700);
  recordMany(userId, 3);
  const { queued, spooled, failures, lastError } = senderStats();
  assert.deepEqual([queued, spooled], [0, 703]);
  assert.ok(failures > 0);
  assert.match(lastError, /ECONNREFUSED/);
  assert.match(warnings.join("\n"), /^aiusage: records wait, since they cannot be sent: /);
  assert.equal(warnings.length, 1);
  for (const path of segments(spoolDir)) assert.equal(statSync(path).mode & 0o777, 0o600);

  await doorway.open();
  assert.ok(await flush());
  assert.equal(await requestCount(userId), 703n);
  assert.deepEqual(segments(spoolDir), []);
  const { sent, duplicates, dropped } = senderStats();
  assert.deepEqual([sent + duplicates, dropped], [703, 0]);
});

test("a connection that breaks on the way loses and doubles nothing", async (t) => {
  const doorway = await shutDoorway();
  await doorway.open();
  t.after(() => doorway.shut());
  const userId = newUser();
  configure({ address: doorway.address, apiKey, spoolDir: newSpoolDir(), log: () => {} });
  for (let cuts = 0; cuts < 3; cuts += 1) {
    recordMany(userId, 4_000);
    await until(() => senderStats().sent > cuts * 4_000);
    await doorway.shut();
    await doorway.open();
  }
  assert.ok(await flush({ timeoutMs: 20_000 }));
  assert.equal(await requestCount(userId), 12_000n);
});

test("a flush says when it was not enough", async () => {
  const doorway = await shutDoorway();
  configure({ address: doorway.address, apiKey, spoolDir: newSpoolDir(), log: () => {} });
  recordMany(newUser(), 1);
  assert.equal(await flush({ timeoutMs: 50 }), false);
  assert.equal(await close(), false);
});

test("the next program sends what the last one left, under the same ids", async (t) => {
  const doorway = await shutDoorway();
  t.after(() => doorway.shut());
  const userId = newUser();
  const env = { AIUSAGE_ADDRESS: doorway.address, AIUSAGE_SPOOL_DIR: newSpoolDir(), userId };
  const recordOne = `
    console.log(aiusage.record({ userId: process.env.userId, model: "gpt-4o" }));`;
  // It ends by itself, by force, and by an exception.
  const [first] = (await runProgram(recordOne, env)).split("\n");
  await runProgram(`${recordOne} process.exit(0);`, env);
  assert.equal(await program(`${recordOne} throw new Error("end");`, env).ended, 1);
  assert.equal(segments(env.AIUSAGE_SPOOL_DIR).length, 3);
  await doorway.open();
  await runProgram(`if (!(await aiusage.flush())) throw new Error("not sent");`, env);
  assert.equal(await requestCount(userId), 3n);
  assert.deepEqual(readdirSync(env.AIUSAGE_SPOOL_DIR, { recursive: true }).length, 1);
  const again = await client.recordUsage({ userId, model: "gpt-4o", recordId: first! });
  assert.ok(again.duplicate);
});

test("a killed program loses nothing that was on the disk", async (t) => {
  const doorway = await shutDoorway();
  t.after(() => doorway.shut());
  for (const spool of ["when_away", "always"]) {
    const userId = newUser();
    const env = { AIUSAGE_ADDRESS: doorway.address, AIUSAGE_SPOOL_DIR: newSpoolDir(), userId };
    const killed = program(
      `aiusage.configure({ spool: "${spool}" });
      for (let i = 0; i < 1000; i += 1) aiusage.record({ userId: process.env.userId, model: "m" });
      const isSafe = () => aiusage.senderStats().spooled === 1000;
      while (!isSafe()) await new Promise((resolve) => setTimeout(resolve, 5));
      process.kill(process.pid, "SIGKILL");`,
      env,
    );
    assert.equal(await killed.ended, "SIGKILL");
    await doorway.open();
    await runProgram(`if (!(await aiusage.flush())) throw new Error("not sent");`, env);
    await doorway.shut();
    assert.equal(await requestCount(userId), 1000n);
  }
});

test("a program that lives keeps its own records", async (t) => {
  const doorway = await shutDoorway();
  t.after(() => doorway.shut());
  const userId = newUser();
  const env = { AIUSAGE_ADDRESS: doorway.address, AIUSAGE_SPOOL_DIR: newSpoolDir(), userId };
  const alive = program(
    `aiusage.record({ userId: process.env.userId, model: "m" });
    await aiusage.flush({ timeoutMs: 1 });
    while (aiusage.senderStats().spooled < 1) await new Promise((wake) => setTimeout(wake, 5));
    console.log("spooled");
    setInterval(() => {}, 60_000);`,
    env,
  );
  t.after(() => alive.process.kill("SIGKILL"));
  await until(() => alive.output().includes("spooled"));
  const [path] = segments(env.AIUSAGE_SPOOL_DIR);
  await runProgram(`await aiusage.flush({ timeoutMs: 100 });`, env);
  assert.deepEqual(segments(env.AIUSAGE_SPOOL_DIR), [path]);
});

test("many programs share a spool, and all is sent once", async (t) => {
  const doorway = await shutDoorway();
  t.after(() => doorway.shut());
  const userId = newUser();
  const env = { AIUSAGE_ADDRESS: doorway.address, AIUSAGE_SPOOL_DIR: newSpoolDir(), userId };
  const recordMore = `
    for (let i = 0; i < 500; i += 1) aiusage.record({ userId: process.env.userId, model: "m" });
    process.exit(0);`;
  await Promise.all(Array.from({ length: 4 }, () => runProgram(recordMore, env)));
  await doorway.open();
  const send = `
    if (!(await aiusage.flush())) throw new Error("not sent");
    console.log(JSON.stringify(aiusage.senderStats()));`;
  const outputs = await Promise.all([runProgram(send, env), runProgram(send, env)]);
  const sent = outputs.map((output) => JSON.parse(output).sent);
  assert.equal(sent[0] + sent[1], 2000);
  assert.equal(await requestCount(userId), 2000n);
});

test("records go to nobody but those who hold the key", async (t) => {
  const doorway = await shutDoorway();
  t.after(() => doorway.shut());
  const userId = newUser();
  const env = { AIUSAGE_ADDRESS: doorway.address, AIUSAGE_SPOOL_DIR: newSpoolDir(), userId };
  const left = `aiusage.record({ userId: process.env.userId, model: "m" });`;
  await runProgram(left, { ...env, AIUSAGE_API_KEY: "aiusage_another" });
  await doorway.open();
  await runProgram(`await aiusage.flush();`, env);
  assert.equal(await requestCount(userId), 0n);
  const [path = ""] = segments(env.AIUSAGE_SPOOL_DIR);
  assert.ok(!path.includes("another"));
});

test("when nothing has room any more, each record is told", async () => {
  const doorway = await shutDoorway();
  const drops: Drop[] = [];
  const warnings: string[] = [];
  configure({
    address: doorway.address,
    apiKey,
    spoolDir: newSpoolDir(),
    spoolBytes: 2_000,
    queueRecords: 10,
    onDrop: (drop) => drops.push(drop),
    log: (line) => warnings.push(line),
  });
  recordMany("user-1", 100);
  const { queued, spooled, dropped } = senderStats();
  assert.equal(queued, 10);
  assert.ok(spooled > 5 && spooled < 40);
  assert.equal(dropped, 100 - queued - spooled);
  assert.equal(drops.length, dropped);
  assert.deepEqual([drops[0]?.reason, drops[0]?.record.userId], ["full", "user-1"]);
  assert.match(warnings.join("\n"), /a record is dropped: 10 of 10 records/);
  assert.equal(warnings.filter((line) => line.includes("is dropped")).length, 1);
  await close({ timeoutMs: 0 });
});

test("without a disk, records wait in memory", async (t) => {
  const doorway = await shutDoorway();
  t.after(() => doorway.shut());
  const userId = newUser();
  const spoolDir = newSpoolDir();
  // No folder can be made where a file is.
  mkdirSync(folder, { recursive: true });
  writeFileSync(spoolDir, "");
  const warnings: string[] = [];
  configure({
    address: doorway.address,
    apiKey,
    spoolDir,
    log: (line) => warnings.push(line),
  });
  recordMany(userId, 20);
  await until(() => senderStats().failures > 0);
  recordMany(userId, 20);
  assert.deepEqual([senderStats().queued, senderStats().spooled], [40, 0]);
  assert.match(warnings.join("\n"), /the spool cannot be written, so records wait in memory/);
  await doorway.open();
  assert.ok(await flush());
  assert.equal(await requestCount(userId), 40n);
});

test("a program that ends without a disk says what it lost", async () => {
  const doorway = await shutDoorway();
  const output = await runProgram(
    `aiusage.configure({ spool: "never", exitTimeoutMs: 100, onDrop: ({ reason }) => console.log(reason) });
    aiusage.record({ userId: "user-1", model: "m" });`,
    { AIUSAGE_ADDRESS: doorway.address },
  );
  assert.match(output, /^lost_at_exit$/m);
  assert.match(output, /a record is dropped: the program ended, .* the spool is "never"/);
});

test("a program that nobody told where the service is says that", async () => {
  const output = await runProgram(
    `aiusage.configure({ exitTimeoutMs: 100 });
    aiusage.record({ userId: "user-1", model: "m" });`,
    { AIUSAGE_ADDRESS: "", AIUSAGE_API_KEY: "", AIUSAGE_CREDENTIALS_FILE: "/none" },
  );
  assert.match(output, /the program ended, and nobody said where to send it: .*AIUSAGE_ADDRESS/);
  assert.doesNotMatch(output, /room on disk/);
});

test("nobody need wait: a program's end sends what is left", async () => {
  const userId = newUser();
  const env = { AIUSAGE_SPOOL_DIR: newSpoolDir(), userId };
  await runProgram(`aiusage.record({ userId: process.env.userId, model: "m" });`, env);
  assert.equal(await requestCount(userId), 1n);
});

test("without an address, records wait until there is one", async () => {
  const userId = newUser();
  const nowhere = { AIUSAGE_ADDRESS: "", AIUSAGE_API_KEY: "", HOME: folder, XDG_CONFIG_HOME: "" };
  const output = await runProgram(
    `aiusage.record({ userId: process.env.userId, model: "m" });
    await aiusage.flush({ timeoutMs: 300 });
    aiusage.configure({ address: process.env.address, apiKey: process.env.apiKey });
    if (!(await aiusage.flush())) throw new Error("not sent");`,
    { ...nowhere, userId, apiKey, address: process.env["AIUSAGE_ADDRESS"]! },
  );
  assert.match(output, /no address of the service: pass address, set AIUSAGE_ADDRESS/);
  assert.equal(await requestCount(userId), 1n);
});

test("a service that takes connections and is silent keeps no finished program alive", async (t) => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on("error", () => {})));
  await once(silent.listen(0, "127.0.0.1"), "listening");
  const { port } = silent.address() as AddressInfo;
  const spoolDir = newSpoolDir();
  const ending = program(
    `aiusage.configure({ exitTimeoutMs: 100 });
    aiusage.record({ userId: "user-1", model: "m" });`,
    { AIUSAGE_ADDRESS: `https://127.0.0.1:${port}`, AIUSAGE_SPOOL_DIR: spoolDir },
  );
  t.after(() => {
    ending.process.kill("SIGKILL");
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  let ended: unknown;
  void ending.ended.then((how) => (ended = how));
  await until(() => ended !== undefined);
  assert.equal(ended, 0);
  assert.equal(sockets.length, 1);
  assert.equal(segments(spoolDir).length, 1);
});

test("the background belongs to no request that woke it", async () => {
  const doorway = await shutDoorway();
  const request = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const log = () => seen.push(request.getStore());
  configure({ address: doorway.address, apiKey, spoolDir: newSpoolDir(), log });
  request.run("request", () => recordMany(newUser(), 1));
  await until(() => seen.length > 0);
  assert.deepEqual(seen, [undefined]);
  await close({ timeoutMs: 0 });
});

test("who has closed listens to the program's end no more", async () => {
  await close({ timeoutMs: 0 });
  const before = process.listenerCount("beforeExit");
  for (let round = 0; round < 3; round += 1) {
    configure({ spool: "never", log: () => {} });
    recordMany(newUser(), 1);
    assert.equal(process.listenerCount("beforeExit"), before + 1);
    await close();
    assert.equal(process.listenerCount("beforeExit"), before);
  }
});

test("who records nothing sends nothing for others", async (t) => {
  const doorway = await shutDoorway();
  t.after(() => doorway.shut());
  const userId = newUser();
  const env = { AIUSAGE_ADDRESS: doorway.address, AIUSAGE_SPOOL_DIR: newSpoolDir(), userId };
  await runProgram(`aiusage.record({ userId: process.env.userId, model: "m" });`, env);
  await doorway.open();
  await runProgram(
    `aiusage.configure({ enabled: false });
    if (!(await aiusage.flush()) || !(await aiusage.close())) throw new Error("not done");`,
    env,
  );
  assert.equal(segments(env.AIUSAGE_SPOOL_DIR).length, 1);
  assert.equal(await requestCount(userId), 0n);
});
