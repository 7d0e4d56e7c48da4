import type * as alerts from "./alerts.js";
import { amount } from "./budgets-from-proto.js";
import type * as proto from "./gen/aiusage/v1/alert_service_pb.js";
import { AlertKind, DeliveryState } from "./gen/aiusage/v1/alert_service_pb.js";
import { known, sent, time, timeRange } from "./values-from-proto.js";

/** Something that somebody should know. */
export function alert(message: proto.Alert | undefined): alerts.Alert {
  const { $typeName: _, $unknown: __, ...says } = sent(message);
  return {
    ...says,
    kind: known(AlertKind, says.kind),
    period: says.period && timeRange(says.period),
    used: says.used && amount(says.used),
    limit: says.limit && amount(says.limit),
    createTime: time(says.createTime),
    acknowledgeTime: says.acknowledgeTime && time(says.acknowledgeTime),
  };
}

/** A destination. */
export function webhook(message: proto.Webhook | undefined): alerts.Webhook {
  const { webhookId, url, kinds, createTime } = sent(message);
  return {
    webhookId,
    url,
    kinds: kinds.map((kind) => known(AlertKind, kind)),
    createTime: createTime && time(createTime),
  };
}

/** One alert on its way. */
export function delivery(message: proto.WebhookDelivery): alerts.WebhookDelivery {
  const { $typeName: _, $unknown: __, ...says } = message;
  return {
    ...says,
    state: known(DeliveryState, says.state),
    nextAttemptTime: says.nextAttemptTime && time(says.nextAttemptTime),
    lastAttemptTime: says.lastAttemptTime && time(says.lastAttemptTime),
    createTime: time(says.createTime),
  };
}
