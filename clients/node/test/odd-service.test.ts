/** The sender meets a service that is in need, refuses, or says nothing. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { after, test } from "node:test";

import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import {
  close,
  configure,
  type Drop,
  flush,
  record,
  type SenderOptions,
  senderStats,
} from "aiusage";

import {
  type RecordUsageBatchRequest,
  RecordUsageBatchResponseSchema,
  UsageService,
} from "../src/gen/aiusage/v1/usage_service_pb.js";
import { RetryInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";
import { runProgram } from "./programs.js";

type Answer = (request: RecordUsageBatchRequest) => void;

/** A service that stores what `answer` does not refuse by throwing. */
async function service(answer: Answer): Promise<string> {
  const handler = connectNodeAdapter({
    routes: (router) =>
      router.service(UsageService, {
        async *recordUsageBatch(requests) {
          for await (const request of requests) {
            answer(request);
            const { sequence, records } = request;
            const storedCount = BigInt(records.length);
            yield create(RecordUsageBatchResponseSchema, { sequence, storedCount });
          }
        },
      }),
  });
  const server = createServer(handler);
  await once(server.listen(0, "127.0.0.1"), "listening");
  after(async () => {
    await close({ timeoutMs: 0 });
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function use(address: string, options: SenderOptions = {}): void {
  configure({ address, apiKey: "aiusage_any", spool: "never", log: () => {}, ...options });
}

function recordMany(count: number): string[] {
  return Array.from({ length: count }, () => record({ userId: "user-1", model: "m" }));
}

test("the service says when to come again", async () => {
  const times: number[] = [];
  const retryDelay = { seconds: 0n, nanos: 700_000_000 };
  const address = await service(() => {
    times.push(performance.now());
    if (times.length > 1) return;
    const detail = { desc: RetryInfoSchema, value: { retryDelay } };
    throw new ConnectError("full", Code.Unavailable, undefined, [detail]);
  });
  use(address);
  recordMany(1);
  assert.ok(await flush());
  assert.ok(times[1]! - times[0]! >= 690, `${times}`);
});

test("one record that spoils its request does not hold up the others", async () => {
  const stored = new Set<string>();
  let bad = "";
  const address = await service(({ records }) => {
    const ids = records.map(({ recordId }) => recordId);
    if (ids.includes(bad)) throw new ConnectError("cannot read it", Code.InvalidArgument);
    for (const id of ids) stored.add(id);
  });
  const drops: Drop[] = [];
  use(address, { onDrop: (drop) => drops.push(drop) });
  const ids = recordMany(30);
  bad = ids[17]!;
  assert.ok(await flush({ timeoutMs: 20_000 }));
  assert.equal(stored.size, 29);
  assert.deepEqual(
    drops.map(({ recordId, reason }) => [recordId, reason]),
    [[bad, "refused"]],
  );
});

test("records wait for a key that is right", async () => {
  let isRight = false;
  let storedCount = 0;
  const address = await service(({ records }) => {
    if (!isRight) throw new ConnectError("the API key was revoked", Code.Unauthenticated);
    storedCount += records.length;
  });
  use(address);
  recordMany(3);
  assert.equal(await flush({ timeoutMs: 100 }), false);
  assert.equal(senderStats().queued, 3);
  assert.equal(senderStats().lastError, "the API key was revoked");
  isRight = true;
  assert.ok(await flush());
  assert.equal(storedCount, 3);
});

test("what the application does in onDrop and log harms nobody", async () => {
  const broken = () => {
    throw new Error("broken");
  };
  use("http://127.0.0.1:9", { queueRecords: 1, onDrop: broken, log: broken });
  recordMany(3);
  assert.equal(senderStats().dropped, 2);
});

test(
  "a service that says nothing does not keep a program alive",
  { timeout: 60_000 },
  async (t) => {
    const sockets = new Set<Socket>();
    const silent = createTcpServer((socket) => sockets.add(socket));
    await once(silent.listen(0, "127.0.0.1"), "listening");
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const address = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const output = await runProgram(
      `aiusage.configure({ log: () => {}, spool: "never", onDrop: ({ reason }) => console.log(reason) });
    aiusage.record({ userId: "user-1", model: "m" });`,
      { AIUSAGE_ADDRESS: address, AIUSAGE_API_KEY: "aiusage_any" },
    );
    assert.equal(output, "lost_at_exit\n");
  },
);
