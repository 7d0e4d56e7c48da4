/** A service that plays a part: it admits or refuses, and fails when it is told to. */
import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Client } from "aiusage";

import {
  AlertService,
  type WatchAlertsRequest,
  WatchAlertsResponseSchema,
} from "../src/gen/aiusage/v1/alert_service_pb.js";
import {
  type BudgetRefusalSchema,
  BudgetService,
  ReserveBudgetResponseSchema,
} from "../src/gen/aiusage/v1/budget_service_pb.js";
import { UsageService } from "../src/gen/aiusage/v1/usage_service_pb.js";
import { usd } from "./fixtures.js";

type Alerts = MessageInitShape<typeof WatchAlertsResponseSchema>[];

export class FakeService {
  address = "";
  /** Every request, in the order they came. */
  readonly requests: { readonly name: string; readonly request: any }[] = [];
  /** How often the next calls of a method fail, by its name. */
  readonly failures: Record<string, number> = {};
  refusal: MessageInitShape<typeof BudgetRefusalSchema> | undefined;
  /** What each stream of alerts sends before it breaks off; the last one stays open. */
  alertStreams: Alerts[] = [];

  get names(): string[] {
    return this.requests.map(({ name }) => name);
  }

  take(name: string, request: unknown): void {
    this.requests.push({ name, request });
    const left = this.failures[name] ?? 0;
    if (left === 0) return;
    this.failures[name] = left - 1;
    throw new ConnectError("away", Code.Unavailable);
  }

  async *watch(request: WatchAlertsRequest, signal: AbortSignal) {
    this.take("watchAlerts", request);
    for (const response of this.alertStreams.shift() ?? []) {
      yield create(WatchAlertsResponseSchema, response);
    }
    if (this.alertStreams.length > 0) throw new ConnectError("stopping", Code.Unavailable);
    await sleep(60_000, undefined, { signal, ref: false }).catch(() => {});
  }
}

/** A service and clients of it, for one test file. */
export async function fakeService(): Promise<{ fake: FakeService; newClient: () => Client }> {
  const fake = new FakeService();
  const handler = connectNodeAdapter({ routes: (router) => addRoutes(router, fake) });
  const server = createServer(handler);
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session));
  await once(server.listen(0, "127.0.0.1"), "listening");
  fake.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: Client[] = [];
  const newClient = () => {
    const client = new Client({ address: fake.address, apiKey: "aiusage_any" });
    clients.push(client);
    return client;
  };
  after(() => {
    for (const client of clients) client.close();
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { fake, newClient };
}

type Router = Parameters<Parameters<typeof connectNodeAdapter>[0]["routes"]>[0];

function addRoutes(router: Router, fake: FakeService): void {
  const held = (reservationId: string, seconds = 0n) => ({
    reservationId,
    amount: usd("1"),
    createTime: {},
    expireTime: { seconds },
  });
  router.service(BudgetService, {
    createBudget(request) {
      fake.take("createBudget", request);
      return { budget: request.budget };
    },
    reserveBudget(request) {
      fake.take("reserveBudget", request);
      const { refusal } = fake;
      const reservation = held(request.reservationId);
      return create(ReserveBudgetResponseSchema, { admitted: !refusal, refusal, reservation });
    },
    extendReservation(request) {
      fake.take("extendReservation", request);
      return { reservation: held(request.reservationId, 60n) };
    },
    cancelReservation(request) {
      fake.take("cancelReservation", request);
      return { reservation: held(request.reservationId) };
    },
  });
  router.service(UsageService, {
    recordUsage(request) {
      fake.take("recordUsage", request);
      return { receipt: { recordId: request.record?.recordId, recordTime: {} } };
    },
  });
  router.service(AlertService, {
    createWebhook(request) {
      fake.take("createWebhook", request);
      return { webhook: request.webhook, secret: "whsec_any" };
    },
    watchAlerts: (request, context) => fake.watch(request, context.signal),
  });
}
