/** Streams that the application does not read to their end, and of which it says nothing. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { instrument, trackStream } from "aiusage";
import OpenAI from "openai";

import { newUser, testClient } from "./fixtures.js";
import { runProgram } from "./programs.js";
import { startProvider } from "./provider.js";
import { recorded } from "./recorded.js";
import { until } from "./until.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const options = { userId: "user-1", provider: "openai", model: "gpt-4o" };
const provider = await startProvider();
const original = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: "key" });
const openai = instrument(original, { ...options, includeUsage: true });

async function* generated() {
  yield "Hel";
  yield "lo";
}

const iterable = { [Symbol.asyncIterator]: generated };

/** Where it is called, its stream cannot be reached any more. */
async function begin(make: () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>) {
  const reading = (await make())[Symbol.asyncIterator]();
  assert.ok(!(await reading.next()).done);
}

const messages = [{ role: "user" as const, content: "Hi" }];
const streams: Record<string, () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>> = {
  "of a generator": () => trackStream(options, generated),
  "of an iterable": () => trackStream(options, () => iterable),
  "of the web": () => trackStream(options, () => ReadableStream.from(generated())),
  "of Node": () => trackStream(options, () => Readable.from(generated())),
  "of an SDK": () =>
    openai.chat.completions.create({ model: "endless", messages, stream: true as const }),
};

for (const [kind, make] of Object.entries(streams)) {
  test(`a stream ${kind} that is dropped is recorded when it is gone`, async () => {
    const records = await recorded(async (records) => {
      await begin(make);
      await until(() => {
        collectGarbage();
        return records.length > 0;
      });
    });
    assert.deepEqual(
      records.map(({ status }) => status),
      ["cancelled"],
    );
  });
}

test("a stream is not taken for dropped while it can be read", async () => {
  const records = await recorded(async (records) => {
    const reading = trackStream(options, () => iterable)[Symbol.asyncIterator]();
    await reading.next();
    await begin(() => trackStream(options, () => iterable));
    await until(() => {
      collectGarbage();
      return records.length > 0;
    });
    assert.equal((await reading.next()).value, "lo");
    assert.equal((await reading.next()).done, true);
  });
  assert.deepEqual(
    records.map(({ status }) => status),
    ["cancelled", undefined],
  );
});

for (const end of ["", "process.exit()"]) {
  test(`a stream is recorded when the program ends${end && ` by ${end}`}`, async () => {
    const userId = newUser();
    const spool = mkdtempSync(join(tmpdir(), "aiusage-spool-"));
    after(() => rmSync(spool, { recursive: true }));
    const env = { AIUSAGE_SPOOL_DIR: spool };
    await runProgram(
      `const options = { userId: "${userId}", provider: "openai", model: "gpt-4o" };
      const stream = aiusage.trackStream(options, async function* () { yield "Hel"; yield "lo"; });
      await stream.next();
      ${end}`,
      env,
    );
    await runProgram("console.log(await aiusage.flush());", env);
    const { totals } = await testClient().getUserCost(userId);
    assert.deepEqual([totals.requestCount, totals.errorCount], [1n, 1n]);
  });
}
