/** What did every AI request cost, who caused it, and may they make the next one? */
export type {
  BatchResult,
  BudgetStatus,
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
export {
  type CallOptions,
  type CheckBudgetOptions,
  Client,
  type ClientOptions,
  type GetCauOptions,
  type GetPriceOptions,
  type ListPricesOptions,
} from "./client.js";
export {
  AiusageError,
  ConfigurationError,
  DeadlineExceededError,
  InvalidArgumentError,
  NotFoundError,
  RecordIdReusedError,
  UnauthenticatedError,
  UnavailableError,
} from "./errors.js";
export { newRecordId } from "./ids.js";
export type { Count, TokenConvention, Usage, UsageRecord } from "./records.js";
export type { Amount, Money, Period, TimeRange } from "./values.js";
