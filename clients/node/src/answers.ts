import type { BudgetStatus } from "./budgets.js";
import type { PriceOrigin as PriceOriginProto } from "./gen/aiusage/v1/pricing_service_pb.js";
import type { CostStatus as CostStatusProto } from "./gen/aiusage/v1/types_pb.js";
import type { Money, TimeRange } from "./values.js";

/**
 * How much of the cost of a record is known. UNSPECIFIED is a status that this
 * version of the client does not know.
 */
export type CostStatus = keyof typeof CostStatusProto;

/** Proof that a record is durable, and what it cost. */
export interface Receipt {
  readonly recordId: string;
  /** When the record was stored. */
  readonly recordTime: Date;
  /** True when the same record was stored before; the rest is what was answered then. */
  readonly duplicate: boolean;
  /** Undefined while no price is known. */
  readonly cost: Money | undefined;
  readonly costStatus: CostStatus;
  /** The price set that explains the cost; 0n when there is none. */
  readonly priceSetId: bigint;
}

/** One wrong field. */
export interface FieldViolation {
  /** Its path, such as "usage.cache_read_tokens". */
  readonly field: string;
  /** What is wrong and what is expected. */
  readonly description: string;
}

/** Why one record of a batch was refused. Nothing of it is stored. */
export interface Refusal {
  /** "INVALID_FIELDS" or "RECORD_ID_REUSED". */
  readonly reason: string;
  readonly message: string;
  readonly violations: readonly FieldViolation[];
}

/** What became of a record that was not stored by this batch: one of the two is set. */
export interface RecordResult {
  /** Position of the record in the batch, from 0. */
  readonly index: number;
  readonly recordId: string;
  /** The receipt of the first time, when the record was stored before. */
  readonly duplicate: Receipt | undefined;
  readonly refusal: Refusal | undefined;
}

/** What became of a batch. Every record is counted in exactly one of the three. */
export interface BatchResult {
  readonly storedCount: bigint;
  readonly duplicateCount: bigint;
  readonly refusedCount: bigint;
  /** One for each duplicate or refused record, in the order of the records. */
  readonly results: readonly RecordResult[];
}

/** Sums over a set of records. Every sum is exact. */
export interface UsageTotals {
  /** Where unpricedCount or partialCount is above zero, the true cost is at least this. */
  readonly cost: Money;
  readonly requestCount: bigint;
  readonly errorCount: bigint;
  readonly cachedCount: bigint;
  readonly unpricedCount: bigint;
  readonly partialCount: bigint;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly cacheReadTokens: bigint;
  readonly cacheWriteTokens: bigint;
  readonly outputReasoningTokens: bigint;
}

/** The part of the totals that belongs to one key. */
export interface UsageBreakdown {
  /** The day, feature, provider or model. Empty: the records named none. */
  readonly key: string;
  readonly totals: UsageTotals;
}

/** What one user's AI calls cost. Each breakdown adds up to the totals. */
export interface UserCost {
  readonly userId: string;
  readonly range: TimeRange;
  readonly timeZone: string;
  readonly totals: UsageTotals;
  readonly byDay: readonly UsageBreakdown[];
  readonly byFeature: readonly UsageBreakdown[];
  readonly byProvider: readonly UsageBreakdown[];
  readonly byModel: readonly UsageBreakdown[];
}

/**
 * Whether a user may make the next call.
 *
 * The figures are those of the limit that was asked about, or without one, of the
 * tightest budget that limits the cost. They are undefined where no limit of costs
 * applies.
 */
export interface BudgetCheck {
  /** Whether it fits, under the limit that was asked about and every hard budget. */
  readonly allowed: boolean;
  /** True when spent has reached or passed the limit. */
  readonly overBudget: boolean;
  readonly spent: Money | undefined;
  readonly limit: Money | undefined;
  /** limit - spent, and for a budget less what is reserved; negative above the limit. */
  readonly remaining: Money | undefined;
  /** 100 * spent / limit as a decimal string, to 4 decimals. Undefined when the limit is 0. */
  readonly percentUsed: string | undefined;
  /** The time that was looked at. Undefined, like the figures, without a limit of costs. */
  readonly range: TimeRange | undefined;
  readonly unpricedCount: bigint;
  readonly partialCount: bigint;
  readonly timeZone: string;
  /** Every budget that applies: those that refuse the call first, then the fullest. */
  readonly budgets: readonly BudgetStatus[];
  /** The cost that was expected: the one given, or that of the expected usage. */
  readonly estimatedCost: Money | undefined;
}

/** Cost per active user in one window. */
export interface CauWindow {
  /** The number of days asked for; 0 for a range. */
  readonly days: number;
  readonly range: TimeRange;
  readonly costPerActiveUser: Money;
  readonly activeUserCount: bigint;
  readonly totalCost: Money;
  readonly unpricedCount: bigint;
  readonly partialCount: bigint;
  readonly timeZone: string;
}

/** The price of one meter. */
export interface Rate {
  readonly meter: string;
  /** Holds when the request has more input tokens than this. Undefined: from the first on. */
  readonly aboveInputTokens: bigint | undefined;
  readonly price: Money;
  /** How many units the price is for, such as 1,000,000 tokens. */
  readonly per: bigint;
}

/** Who says what a model costs; "UNSPECIFIED" when there is no price, or a newer word for it. */
export type PriceOrigin = keyof typeof PriceOriginProto;

/** One model with the prices in force at a time. */
export interface ModelPrice {
  readonly provider: string;
  readonly model: string;
  /** The price set in force; 0n when there is none. */
  readonly priceSetId: bigint;
  readonly effectiveFromTime: Date | undefined;
  readonly effectiveToTime: Date | undefined;
  /** True when the price list says that the model costs nothing. */
  readonly free: boolean;
  readonly rates: readonly Rate[];
  /** Who says so. */
  readonly origin: PriceOrigin;
  /** Where the figures come from, for people. */
  readonly source: string;
}

/** The price of one model, and how its name was found. */
export interface ResolvedPrice {
  readonly price: ModelPrice;
  /** Such as "model_key" or "match_rule". */
  readonly resolvedBy: string;
}
