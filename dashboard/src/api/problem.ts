/** What went wrong, and what to do about it, in words for the reader. */
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "rpc/error_details_pb.js";

import { fieldWords, sentence } from "../format/sentence";

export class Problem extends Error {
  constructor(
    message: string,
    readonly advice: string,
    readonly signedOut = false,
    /** What was asked about is not there. */
    readonly notFound = false,
  ) {
    super(sentence(message));
  }

  /** That of an answer that is no call's. */
  static async of(answer: Response): Promise<Problem> {
    const body: unknown = await answer.json().catch(() => ({}));
    const said = typeof body === "object" && body !== null && "message" in body && body.message;
    const message = typeof said === "string" ? said : `The service answered ${answer.status}.`;
    return new Problem(message, "", answer.status === 401);
  }
}

export function readProblem(failure: unknown): Problem {
  if (failure instanceof Problem) return failure;
  const error = ConnectError.from(failure);
  const violations = error.findDetails(BadRequestSchema).flatMap((one) => one.fieldViolations);
  const fields = violations.map(({ field, description }) => `${fieldWords(field)}: ${description}`);
  const message = fields.length > 0 ? fields.join("; ") : error.rawMessage;
  const { code } = error;
  const [signedOut, notFound] = [code === Code.Unauthenticated, code === Code.NotFound];
  return new Problem(message, adviceFor(error), signedOut, notFound);
}

function adviceFor({ code, cause }: ConnectError): string {
  // fetch fails with a TypeError when nobody answers.
  if (cause instanceof TypeError) return "Is the service running? Try again when it is.";
  switch (code) {
    case Code.Unauthenticated:
      return "Sign in again.";
    case Code.PermissionDenied:
      return "Sign in with a key that may see this.";
    case Code.InvalidArgument:
      return "Change the period or the filters.";
    case Code.NotFound:
      return "It may have been removed; go back to the list.";
    case Code.Unimplemented:
      return "This service is older than this page: update the service.";
    case Code.DeadlineExceeded:
      return "Ask about a shorter time, or try again.";
    default:
      return "Try again in a moment.";
  }
}
