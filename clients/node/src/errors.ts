import type { FieldViolation } from "./answers.js";
import type { BudgetAmount } from "./budgets.js";
import type { BudgetRefusal } from "./reservations.js";
import type { TimeRange } from "./values.js";

/** The client does not know where the service is, or has no API key for it. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** What an error says beside its message. */
export interface ErrorFacts {
  code?: string;
  reason?: string;
  metadata?: Readonly<Record<string, string>>;
  violations?: readonly FieldViolation[];
  retryDelayMs?: number | undefined;
  cause?: unknown;
}

// Shared by all copies of this package in a process, so that an error of one copy
// is an instance of the class of another.
const KINDS = Symbol.for("aiusage.errorKinds");

/** A call failed. Branch on the class, or on code and reason; never on the text. */
export class AiusageError extends Error {
  /** The name of the class, whatever a minifier made of it. */
  static readonly kind: string = "AiusageError";

  /** The gRPC code, such as "INVALID_ARGUMENT". */
  readonly code: string;
  /** Such as "INVALID_FIELDS". Empty when something other than the service failed. */
  readonly reason: string;
  /** Further facts that belong to the reason. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every wrong field, for INVALID_FIELDS. */
  readonly violations: readonly FieldViolation[];
  /** How long the service asks to wait before the next try. */
  readonly retryDelayMs: number | undefined;

  constructor(message: string, facts: ErrorFacts = {}) {
    super(message, { cause: facts.cause });
    this.name = new.target.kind;
    this.code = facts.code ?? "UNKNOWN";
    this.reason = facts.reason ?? "";
    this.metadata = facts.metadata ?? {};
    this.violations = facts.violations ?? [];
    this.retryDelayMs = facts.retryDelayMs;
    Object.defineProperty(this, KINDS, { value: kindsOf(new.target) });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, "kind")) {
      // A class that the application derived: there is one copy of it.
      return Function.prototype[Symbol.hasInstance].call(this, value);
    }
    const kinds = (value as { [KINDS]?: readonly string[] } | null | undefined)?.[KINDS];
    return kinds?.includes(this.kind) ?? false;
  }
}

/** The request is wrong; violations says where. A retry fails too. */
export class InvalidArgumentError extends AiusageError {
  static override readonly kind: string = "InvalidArgumentError";
}

/** The recordId belongs to a record with other content, which is unchanged. */
export class RecordIdReusedError extends AiusageError {
  static override readonly kind: string = "RecordIdReusedError";
}

/** The API key is missing, wrong, expired or revoked. */
export class UnauthenticatedError extends AiusageError {
  static override readonly kind: string = "UnauthenticatedError";
}

/** What was asked for does not exist. */
export class NotFoundError extends AiusageError {
  static override readonly kind: string = "NotFoundError";
}

/** The service is away or full. Tries were made; a later one may succeed. */
export class UnavailableError extends AiusageError {
  static override readonly kind: string = "UnavailableError";
}

/** No answer in time. A record may have been stored: retry with the same recordId. */
export class DeadlineExceededError extends AiusageError {
  static override readonly kind: string = "DeadlineExceededError";
}

/** A budget has no room for the call, so do not make it. */
export class BudgetExceededError extends AiusageError {
  static override readonly kind: string = "BudgetExceededError";

  /** The budget; of several, the one that lacks most. */
  readonly budgetId: string;
  /** The user, for a budget of each user. */
  readonly userId: string;
  readonly limit: BudgetAmount;
  readonly used: BudgetAmount;
  /** What calls under way hold of it. */
  readonly reserved: BudgetAmount;
  /** What this call would have held. */
  readonly requested: BudgetAmount;
  /** At its end a new one begins. */
  readonly period: TimeRange;

  constructor(refusal: BudgetRefusal) {
    super(noRoom(refusal), { code: "RESOURCE_EXHAUSTED", reason: "BUDGET_EXCEEDED" });
    this.budgetId = refusal.budgetId;
    this.userId = refusal.userId;
    this.limit = refusal.limit;
    this.used = refusal.used;
    this.reserved = refusal.reserved;
    this.requested = refusal.requested;
    this.period = refusal.period;
  }
}

/** What is longer than any range that can be asked for is all time. */
const PERIOD_MAX_MS = 3_660 * 86_400_000;

function noRoom(refusal: BudgetRefusal): string {
  const { budgetId, userId, limit, used, reserved, requested, period } = refusal;
  const ofUser = userId && ` of user ${userId}`;
  return (
    `budget ${budgetId}${ofUser} has no room for ${inWords(requested)}: ` +
    `of ${inWords(limit)}, ${inWords(used)} are used and ${inWords(reserved)} are reserved, ` +
    when(period)
  );
}

function when({ startTime, endTime }: TimeRange): string {
  if (endTime.getTime() - startTime.getTime() > PERIOD_MAX_MS) {
    return "without an end of the period";
  }
  return `in the period until ${endTime.toISOString()}`;
}

function inWords({ cost, tokens, requests }: BudgetAmount): string {
  if (cost) return `${cost.amount} ${cost.currencyCode}`;
  return tokens === undefined ? `${requests} requests` : `${tokens} tokens`;
}

function kindsOf(errorClass: typeof AiusageError): readonly string[] {
  return errorClass === AiusageError
    ? [AiusageError.kind]
    : [errorClass.kind, ...kindsOf(Object.getPrototypeOf(errorClass))];
}
