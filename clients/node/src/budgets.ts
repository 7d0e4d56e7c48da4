import type {
  BudgetEnforcement as BudgetEnforcementProto,
  BudgetState as BudgetStateProto,
} from "./gen/aiusage/v1/budget_pb.js";
import type { Count } from "./records.js";
import type { Amount, Money, TimeRange } from "./values.js";

/**
 * Kinds of period. "unspecified" is one that this version of the client does not
 * know; it is no kind to give.
 */
export type BudgetCycle =
  | "unspecified"
  | "day"
  | "week"
  | "month"
  | "quarter"
  | "lifetime"
  | "rolling_days";

/**
 * What happens at the limit: HARD, the default, refuses reservations that do not
 * fit; SOFT only raises alerts.
 */
export type BudgetEnforcement = keyof typeof BudgetEnforcementProto;

/**
 * Whether the sums of a budget are complete: while COUNTING, what was recorded
 * before is being summed up and nothing is refused.
 */
export type BudgetState = keyof typeof BudgetStateProto;

/** How the time of a budget is cut into periods, such as {cycle: "month", anchorDay: 15}. */
export interface BudgetPeriod {
  readonly cycle: BudgetCycle;
  /** On which day a week (1 is Monday), a month or a quarter begins. Without it, on the first. */
  readonly anchorDay?: number;
  /** For "rolling_days", how many calendar days, today included. */
  readonly rollingDays?: number;
  /** IANA name of the time zone of days. Without one, the tenant's. */
  readonly timeZone?: string;
}

/** An amount to give: exactly one of these. */
export interface NewBudgetAmount {
  /** A decimal string; USD unless it says otherwise. */
  readonly cost?: Amount | undefined;
  /** Input and output tokens together. */
  readonly tokens?: Count | undefined;
  /** Records. */
  readonly requests?: Count | undefined;
}

/** An amount of what a budget limits: one of these is set. */
export interface BudgetAmount extends NewBudgetAmount {
  readonly cost?: Money;
  readonly tokens?: bigint;
  readonly requests?: bigint;
}

/** Which records count: those that agree in everything that is set here. */
export interface BudgetScope {
  /** Records of this user only. */
  readonly userId?: string;
  /** Each user has the limit alone. Excludes userId. */
  readonly eachUser?: boolean;
  readonly feature?: string;
  readonly provider?: string;
  readonly model?: string;
  readonly jobId?: string;
  /** Records with all of these tags. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** How much may be used of what, by whom, in which time. */
export interface NewBudget {
  /** 1 to 64 of a-z, 0-9, "-", "_" and ".". Without one it is made. */
  readonly budgetId?: string;
  /** For people. */
  readonly displayName?: string;
  /** Which records count; by default all of the tenant. */
  readonly scope?: BudgetScope;
  /** The time in which the limit holds. */
  readonly period: BudgetPeriod;
  /** The most that may be used in one period. */
  readonly limit: NewBudgetAmount;
  readonly enforcement?: BudgetEnforcement;
  /** Percentages of the limit that raise an alert. None in a new budget: 50, 80 and 100. */
  readonly thresholdPercents?: readonly number[];
  /** Records before it do not count. Without it: from the period in which the budget is made. */
  readonly activeFromTime?: Date | undefined;
  /** Records from then on do not count. Without it: no end. */
  readonly activeToTime?: Date | undefined;
  /** A budget of each user that this one stands in for, for its user. */
  readonly replacesBudgetId?: string;
  /** Of a budget that was read: an update fails if somebody has changed it since. */
  readonly etag?: string;
}

/** A budget as the service keeps it. */
export interface Budget extends Required<Omit<NewBudget, "activeFromTime" | "activeToTime">> {
  readonly limit: BudgetAmount;
  readonly activeFromTime: Date | undefined;
  readonly activeToTime: Date | undefined;
  readonly state: BudgetState;
  readonly createTime: Date | undefined;
  readonly updateTime: Date | undefined;
}

/** The fields of a budget that can be changed. */
export type BudgetField = Exclude<keyof NewBudget, "budgetId" | "replacesBudgetId" | "etag">;

/** How a budget stands at one moment. */
export interface BudgetStatus {
  readonly budget: Budget;
  /** The user, for a budget of each user. */
  readonly userId: string;
  /** The period under way. */
  readonly period: TimeRange;
  readonly used: BudgetAmount;
  /** What calls under way hold. */
  readonly reserved: BudgetAmount;
  /** limit - used - reserved; negative above the limit. */
  readonly remaining: BudgetAmount;
  /** 100 * used / limit as a decimal string, to 4 decimals. Undefined when the limit is 0. */
  readonly percentUsed: string | undefined;
  /** How much is used in a day, in the unit of the limit, as a decimal string. */
  readonly burnRatePerDay: string;
  /** When the limit is reached at that rate. Undefined: not inside the period. */
  readonly exhaustionTime: Date | undefined;
  /** Whether the call that was asked about fits. */
  readonly allowed: boolean;
  readonly unpricedCount: bigint;
  readonly partialCount: bigint;
}
