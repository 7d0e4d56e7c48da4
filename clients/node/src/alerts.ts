import type { BudgetAmount } from "./budgets.js";
import type {
  AlertKind as AlertKindProto,
  DeliveryState as DeliveryStateProto,
} from "./gen/aiusage/v1/alert_service_pb.js";
import type { TimeRange } from "./values.js";

/** Kinds of alert. UNSPECIFIED is one that this version of the client does not know. */
export type AlertKind = keyof typeof AlertKindProto;

/** How a delivery stands. DEAD ones were given up; `replayWebhook` tries again. */
export type DeliveryState = keyof typeof DeliveryStateProto;

/** Something that somebody should know. */
export interface Alert {
  /** Also the webhook-id of its deliveries. */
  readonly alertId: string;
  readonly kind: AlertKind;
  /** One sentence for a person. */
  readonly message: string;
  readonly budgetId: string;
  /** The user, for a budget of one user or each user. */
  readonly userId: string;
  /** The percentage that was reached, for THRESHOLD and EXHAUSTED. */
  readonly thresholdPercent: number;
  /** The period of the budget; for ANOMALY the hour. */
  readonly period: TimeRange | undefined;
  /** For ANOMALY the cost of the hour. */
  readonly used: BudgetAmount | undefined;
  /** For ANOMALY the usual cost of an hour. */
  readonly limit: BudgetAmount | undefined;
  /** As reported, for UNPRICED_USAGE. */
  readonly provider: string;
  /** As reported, for UNPRICED_USAGE. */
  readonly model: string;
  readonly createTime: Date;
  /** Undefined: nobody has acknowledged it yet. */
  readonly acknowledgeTime: Date | undefined;
  /** Id of the API key that acknowledged it. */
  readonly acknowledgedBy: string;
}

/** A destination to which alerts are posted. */
export interface Webhook {
  readonly webhookId: string;
  readonly url: string;
  /** Only these kinds. None: all. */
  readonly kinds: readonly AlertKind[];
  /** Undefined where the destination was only checked. */
  readonly createTime: Date | undefined;
}

/** A new destination, and the secret that signs what is posted to it. */
export interface CreatedWebhook {
  readonly webhook: Webhook;
  /** Not shown again. */
  readonly secret: string;
}

/** One alert on its way to one destination. */
export interface WebhookDelivery {
  readonly alertId: string;
  readonly state: DeliveryState;
  readonly attemptCount: number;
  /** Undefined: it is not tried again. */
  readonly nextAttemptTime: Date | undefined;
  readonly lastAttemptTime: Date | undefined;
  /** HTTP status of the last answer. 0: there was none. */
  readonly lastStatus: number;
  /** What went wrong last. */
  readonly lastError: string;
  /** When the alert was raised. */
  readonly createTime: Date;
}
