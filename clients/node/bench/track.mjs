/**
 * What a call costs the application: microseconds of `record` and `track`, and memory while the
 * service is away.
 *
 *   npm run build && node --expose-gc bench/track.mjs
 *
 * Uses the service that AIUSAGE_ADDRESS and AIUSAGE_API_KEY or the credentials file name.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { close, configure, flush, record, senderStats, track, withContext } from "aiusage";

const CALLS = 20_000;
const AWAY_CALLS = 200_000;
const usage = { inputTokens: 1000, outputTokens: 500, cacheReadTokens: 100 };
const call = { userId: "bench", provider: "openai", model: "gpt-4o" };
const response = {
  id: "chatcmpl-1",
  object: "chat.completion",
  model: "gpt-4o-2024-08-06",
  choices: [{ finish_reason: "stop" }],
  usage: { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 },
};

const recordOne = () => record({ ...call, usage });
const trackOne = () => track(call, (tracked) => tracked.setUsage(usage));
const trackResponse = () => track(call, () => response);

/** Times each call by itself; now and then the sender gets its turn. */
async function measure(name, fn, calls = CALLS) {
  const micros = new Float64Array(calls);
  for (let index = 0; index < calls; index += 1) {
    const start = process.hrtime.bigint();
    fn();
    micros[index] = Number(process.hrtime.bigint() - start) / 1000;
    if (index % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
  }
  micros.sort();
  const at = (share) => micros[Math.floor(share * (calls - 1))].toFixed(1);
  console.log(`${name.padEnd(44)} p50 ${at(0.5)} µs, p99 ${at(0.99)} µs`);
}

function megabytes() {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 1024 / 1024);
}

const spoolDir = mkdtempSync(join(tmpdir(), "aiusage-bench-"));
process.on("exit", () => rmSync(spoolDir, { recursive: true, force: true }));

configure({ spoolDir });
await measure("(warming up)", trackResponse);
await measure("record, service there", recordOne);
await measure("track with usage, service there", trackOne);
await measure("track with a response, service there", trackResponse);
await withContext({ userId: "bench", feature: "chat", tags: { team: "a" } }, () =>
  measure("track in a context, service there", trackResponse),
);
const start = performance.now();
const before = senderStats().sent;
for (let index = 0; index < CALLS; index += 1) recordOne();
await flush({ timeoutMs: 60_000 });
const seconds = (performance.now() - start) / 1000;
const sent = senderStats().sent - before;
console.log(
  `${sent} records sent in ${seconds.toFixed(2)} s: ${Math.round(sent / seconds)} a second`,
);
configure({ spoolDir, spool: "always" });
await measure('record, spool: "always"', recordOne);
await close({ timeoutMs: 60_000 });

const away = { address: "http://127.0.0.1:9", apiKey: "aiusage_bench", log: () => {} };
for (const spool of ["when_away", "never"]) {
  const before = megabytes();
  configure({ ...away, spoolDir, spool });
  await measure(`record, service away, spool: "${spool}"`, recordOne, AWAY_CALLS);
  const { queued, spooled, dropped } = senderStats();
  console.log(
    `  memory ${before} MB before, ${megabytes()} MB after ${AWAY_CALLS} records: ` +
      `${queued} in memory, ${spooled} on disk, ${dropped} dropped and told`,
  );
  await close({ timeoutMs: 0 });
}
