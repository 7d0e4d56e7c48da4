import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";

import type { Credentials } from "./config.js";
import { parseAddress } from "./config.js";
import { AlertService } from "./gen/aiusage/v1/alert_service_pb.js";
import { BudgetService } from "./gen/aiusage/v1/budget_service_pb.js";
import { PricingService } from "./gen/aiusage/v1/pricing_service_pb.js";
import { UsageService } from "./gen/aiusage/v1/usage_service_pb.js";
import { retryUnavailable } from "./retry.js";

/** The services over one HTTP/2 connection that is opened at the first call. */
export class Connection {
  readonly usage: Client<typeof UsageService>;
  readonly pricing: Client<typeof PricingService>;
  readonly budgets: Client<typeof BudgetService>;
  readonly alerts: Client<typeof AlertService>;
  readonly #session: Http2SessionManager;

  constructor({ address, apiKey }: Credentials) {
    const baseUrl = parseAddress(address);
    // A batch has no deadline of its own: pings find a dead connection.
    const pings = { pingIntervalMs: 30_000, pingTimeoutMs: 10_000 };
    this.#session = new Http2SessionManager(baseUrl, pings);
    const transport = createGrpcTransport({
      baseUrl,
      sessionManager: this.#session,
      interceptors: [withApiKey(apiKey), retryUnavailable()],
    });
    this.usage = createClient(UsageService, transport);
    this.pricing = createClient(PricingService, transport);
    this.budgets = createClient(BudgetService, transport);
    this.alerts = createClient(AlertService, transport);
  }

  /** The next call opens another connection. */
  close(): void {
    this.#session.abort();
  }
}

function withApiKey(apiKey: string): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${apiKey}`);
    return next(request);
  };
}
