/** Alerts as they come, with a service that plays a part. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { beforeEach, test } from "node:test";

import { type AlertWatch, Client, UnavailableError } from "aiusage";

import { fakeService } from "./fake.js";

const { fake, newClient } = await fakeService();
const client = newClient();

const alert = (number: number) => ({
  alert: { alertId: `alert-${number}`, createTime: {} },
  resumeToken: `after-${number}`,
});

beforeEach(() => {
  fake.requests.length = 0;
});

async function read(watch: AlertWatch, count: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { alertId } of watch) {
    if (ids.push(alertId) === count) break;
  }
  return ids;
}

const tokens = () => fake.requests.map(({ request }) => request.resumeToken);

test("it goes on where the stream broke", async () => {
  fake.alertStreams = [[], [alert(1), { resumeToken: "alive" }], [], [], [], [alert(2), alert(3)]];
  const watch = client.watchAlerts();
  assert.deepEqual(await read(watch, 3), ["alert-1", "alert-2", "alert-3"]);
  assert.equal(watch.resumeToken, "after-3");
  assert.deepEqual(tokens(), ["", "", "alive", "alive", "alive", "alive"]);
});

test("it goes on from a token", async () => {
  fake.alertStreams = [[alert(8)]];
  const watch = client.watchAlerts({ resumeToken: "after-7" });
  assert.deepEqual(await read(watch, 1), ["alert-8"]);
  assert.deepEqual(tokens(), ["after-7"]);
  watch.close();
  assert.deepEqual(await read(watch, 1), []);
});

test("closing ends it for who waits", async () => {
  fake.alertStreams = [[alert(1)]];
  const watch = client.watchAlerts();
  setTimeout(() => watch.close(), 200);
  assert.deepEqual(await read(watch, 9), ["alert-1"]);
});

test("a caller's signal ends it", async () => {
  fake.alertStreams = [[alert(1)]];
  const signal = AbortSignal.timeout(300);
  assert.deepEqual(await read(client.watchAlerts({ signal }), 9), ["alert-1"]);
});

test("a service that was never there fails quickly", async () => {
  const listener = createServer();
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  const stranger = new Client({ address: `http://127.0.0.1:${port}`, apiKey: "aiusage_any" });
  const started = Date.now();
  const reading = read(stranger.watchAlerts(), 1);
  await assert.rejects(reading, (error) => error instanceof UnavailableError);
  assert.ok(Date.now() - started < 4000);
});
