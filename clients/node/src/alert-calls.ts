import * as fromProto from "./alerts-from-proto.js";
import type {
  Alert,
  AlertKind,
  CreatedWebhook,
  DeliveryState,
  Webhook,
  WebhookDelivery,
} from "./alerts.js";
import { BudgetCalls, type ChangeOptions } from "./budget-calls.js";
import type { CallOptions } from "./caller.js";
import * as proto from "./gen/aiusage/v1/alert_service_pb.js";
import { AlertWatch, type WatchAlertsOptions } from "./watch.js";

/** Options of `listAlerts`. */
export interface ListAlertsOptions extends CallOptions {
  /** Only those that nobody has acknowledged. */
  unacknowledgedOnly?: boolean;
  /** Only of this budget. */
  budgetId?: string;
  /** Only of this kind. */
  kind?: AlertKind;
  /** Alerts for one page. */
  pageSize?: number;
}

/** Options of `createWebhook`. */
export interface CreateWebhookOptions extends ChangeOptions {
  /** Only these kinds of alert; by default all. */
  kinds?: readonly AlertKind[];
}

/** Options of `listWebhookDeliveries`. */
export interface ListWebhookDeliveriesOptions extends CallOptions {
  /** Only in this state. */
  state?: DeliveryState;
  /** Deliveries for one page. */
  pageSize?: number;
}

/** Options of `replayWebhook`. */
export interface ReplayWebhookOptions extends CallOptions {
  /** The alert to deliver again. Without one, all that were given up. */
  alertId?: string;
}

/** Lists, watches and delivers alerts. */
export class AlertCalls extends BudgetCalls {
  /** Alerts, newest first, read page by page. */
  async *listAlerts(options: ListAlertsOptions = {}): AsyncGenerator<Alert, void, undefined> {
    const { unacknowledgedOnly, budgetId, kind = "UNSPECIFIED", pageSize } = options;
    const request = { unacknowledgedOnly, budgetId, kind: proto.AlertKind[kind], pageSize };
    const pages = this.pages(this.connection.alerts.listAlerts, request, options);
    for await (const page of pages) yield* page.alerts.map(fromProto.alert);
  }

  /** Says that somebody has seen an alert. Once is enough; the first counts. */
  async acknowledgeAlert(alertId: string, options: CallOptions = {}): Promise<Alert> {
    const answer = await this.call(this.connection.alerts.acknowledgeAlert, { alertId }, options);
    return fromProto.alert(answer.alert);
  }

  /**
   * Alerts as they come, without end: first those that nobody has acknowledged, oldest
   * first; or after a resumeToken, those since then.
   */
  watchAlerts(options: WatchAlertsOptions = {}): AlertWatch {
    const { alerts } = this.connection;
    return new AlertWatch(
      (resumeToken, signal) => alerts.watchAlerts({ resumeToken }, { signal }),
      options,
    );
  }

  /**
   * Makes a destination to which alerts are posted. Answers its secret, this once. Not
   * repeated while the service is unavailable: it could make two.
   */
  async createWebhook(url: string, options: CreateWebhookOptions = {}): Promise<CreatedWebhook> {
    const { kinds = [], validateOnly } = options;
    const webhook = { url, kinds: kinds.map((kind) => proto.AlertKind[kind]) };
    const request = { webhook, validateOnly };
    const answer = await this.call(this.connection.alerts.createWebhook, request, options);
    return { webhook: fromProto.webhook(answer.webhook), secret: answer.secret };
  }

  /** The destinations, oldest first. */
  async listWebhooks(options: CallOptions = {}): Promise<readonly Webhook[]> {
    const { webhooks } = await this.call(this.connection.alerts.listWebhooks, {}, options);
    return webhooks.map(fromProto.webhook);
  }

  /** Deletes a destination; what was not delivered to it is dropped. */
  async deleteWebhook(webhookId: string, options: CallOptions = {}): Promise<void> {
    await this.call(this.connection.alerts.deleteWebhook, { webhookId }, options);
  }

  /** Deliveries to a destination, newest first, read page by page. */
  async *listWebhookDeliveries(
    webhookId: string,
    options: ListWebhookDeliveriesOptions = {},
  ): AsyncGenerator<WebhookDelivery, void, undefined> {
    const { state = "UNSPECIFIED", pageSize } = options;
    const request = { webhookId, state: proto.DeliveryState[state], pageSize };
    const pages = this.pages(this.connection.alerts.listWebhookDeliveries, request, options);
    for await (const page of pages) yield* page.deliveries.map(fromProto.delivery);
  }

  /** Delivers one alert again, or all that were given up; answers how many. */
  async replayWebhook(webhookId: string, options: ReplayWebhookOptions = {}): Promise<bigint> {
    const { alertId } = options;
    const request = { webhookId, alertId };
    const answer = await this.call(this.connection.alerts.replayWebhook, request, options);
    return answer.deliveryCount;
  }
}
