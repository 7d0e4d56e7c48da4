import { Code, ConnectError } from "@connectrpc/connect";

import {
  AiusageError,
  DeadlineExceededError,
  InvalidArgumentError,
  NotFoundError,
  RecordIdReusedError,
  UnauthenticatedError,
  UnavailableError,
} from "./errors.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  type RetryInfo,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";

/** The error that a failed call stands for; `signal` is what could have cancelled it. */
export function readError(failure: unknown, signal?: AbortSignal): AiusageError {
  if (failure instanceof AiusageError) return failure;
  const error = ConnectError.from(failure);
  if (error.code === Code.Canceled && !signal?.aborted) return lostConnection(failure);
  const info = error.findDetails(ErrorInfoSchema)[0];
  const badRequest = error.findDetails(BadRequestSchema)[0];
  const reason = info?.reason ?? "";
  const ErrorClass = classOf(error.code, reason);
  return new ErrorClass(isUnreachable(error) ? whatToSee(error) : error.rawMessage, {
    code: codeName(error.code),
    reason,
    metadata: info?.metadata ?? {},
    violations: (badRequest?.fieldViolations ?? []).map(({ field, description }) => ({
      field,
      description,
    })),
    retryDelayMs: retryDelayMs(error.findDetails(RetryInfoSchema)[0]),
    cause: failure,
  });
}

/** Node ends the calls of a connection that broke as if somebody had cancelled them. */
function lostConnection(cause: unknown): UnavailableError {
  return new UnavailableError("the connection was lost", { code: "UNAVAILABLE", cause });
}

/** The system could not reach the address: its name is unknown, or nobody listens there. */
function isUnreachable({ code, cause }: ConnectError): boolean {
  return code === Code.Unavailable && cause instanceof Error && "syscall" in cause;
}

function whatToSee({ rawMessage }: ConnectError): string {
  return (
    `the service cannot be reached: ${rawMessage}; see that \`aiusage serve\` runs there, and ` +
    "that the address is right"
  );
}

function classOf(code: Code, reason: string): typeof AiusageError {
  if (reason === "RECORD_ID_REUSED") return RecordIdReusedError;
  switch (code) {
    case Code.InvalidArgument:
      return InvalidArgumentError;
    case Code.Unauthenticated:
      return UnauthenticatedError;
    case Code.NotFound:
      return NotFoundError;
    case Code.Unavailable:
      return UnavailableError;
    case Code.DeadlineExceeded:
      return DeadlineExceededError;
    default:
      return AiusageError;
  }
}

/** InvalidArgument becomes INVALID_ARGUMENT, the name that gRPC gives it. */
function codeName(code: Code): string {
  if (code === Code.Canceled) return "CANCELLED";
  return Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

function retryDelayMs(retryInfo: RetryInfo | undefined): number | undefined {
  const delay = retryInfo?.retryDelay;
  return delay && Number(delay.seconds) * 1000 + delay.nanos / 1_000_000;
}
