import type { FieldViolation } from "./answers.js";

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

function kindsOf(errorClass: typeof AiusageError): readonly string[] {
  return errorClass === AiusageError
    ? [AiusageError.kind]
    : [errorClass.kind, ...kindsOf(Object.getPrototypeOf(errorClass))];
}
