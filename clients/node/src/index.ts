/** What did every AI request cost, who caused it, and may they make the next one? */
export type {
  CreateWebhookOptions,
  ListAlertsOptions,
  ListWebhookDeliveriesOptions,
  ReplayWebhookOptions,
} from "./alert-calls.js";
export type {
  Alert,
  AlertKind,
  CreatedWebhook,
  DeliveryState,
  Webhook,
  WebhookDelivery,
} from "./alerts.js";
export type {
  BatchResult,
  BudgetCheck,
  CauWindow,
  CostStatus,
  FieldViolation,
  ModelPrice,
  PriceOrigin,
  Rate,
  Receipt,
  RecordResult,
  Refusal,
  ResolvedPrice,
  UsageBreakdown,
  UsageTotals,
  UserCost,
} from "./answers.js";
export type {
  BudgetStatusesOptions,
  ChangeOptions,
  DeleteBudgetOptions,
  ListBudgetsOptions,
  ReserveBudgetOptions,
  ReserveOptions,
  UpdateBudgetOptions,
} from "./budget-calls.js";
export type {
  Budget,
  BudgetAmount,
  BudgetCycle,
  BudgetEnforcement,
  BudgetField,
  BudgetPeriod,
  BudgetScope,
  BudgetState,
  BudgetStatus,
  NewBudget,
  NewBudgetAmount,
} from "./budgets.js";
export type { CallOptions, ClientOptions } from "./caller.js";
export {
  type CheckBudgetOptions,
  Client,
  type GetCauOptions,
  type GetPriceOptions,
  type ListPricesOptions,
} from "./client.js";
export {
  AiusageError,
  BudgetExceededError,
  ConfigurationError,
  DeadlineExceededError,
  InvalidArgumentError,
  NotFoundError,
  RecordIdReusedError,
  UnauthenticatedError,
  UnavailableError,
} from "./errors.js";
export { type ExtendOptions, HeldReservation } from "./held.js";
export { newRecordId } from "./ids.js";
export {
  type AiusageMiddleware,
  aiusageMiddleware,
  instrument,
  type InstrumentOptions,
} from "./instrument/index.js";
export { close, configure, flush, record, senderStats } from "./recording.js";
export type { Count, PlannedCall, TokenConvention, Usage, UsageRecord } from "./records.js";
export type { Admission, BudgetRefusal, Reservation, ReservationState } from "./reservations.js";
export { readResponse, type ResponseFacts, ResponseReader } from "./responses/index.js";
export type { Drop, DropReason, SenderOptions } from "./sending/settings.js";
export type { SenderStats } from "./sending/stats.js";
export type { TrackedCall, TrackOptions } from "./tracking/call.js";
export { bindContext, type Context, currentContext, withContext } from "./tracking/context.js";
export { currentCall, startCall, track, trackStream } from "./tracking/track.js";
export type { Amount, Money, Period, TimeRange } from "./values.js";
export { AlertWatch, type WatchAlertsOptions } from "./watch.js";
