import type { Caller } from "../state/session";

import { type Question, describeSpan } from "../state/question";

interface Props {
  readonly question: Question;
  readonly caller: Caller;
  /** Whether the page follows the period. */
  readonly period: boolean;
}

/** Says what of the address cannot be meant, and what is shown in its place. */
export function QuestionFaults({ question, caller, period }: Props) {
  const { faults, span } = question;
  const said = [
    period && faults.span && `${faults.span} Shown instead: ${describeSpan(span)}.`,
    faults.zone && `${faults.zone} Days are those of ${caller.timeZone}.`,
    caller.unknownZone &&
      `This browser does not know ${caller.unknownZone}, the time zone of your reports. ` +
        "Days and times are those of UTC, until the browser is updated or you choose another zone.",
  ].filter(Boolean);
  if (said.length === 0) return null;
  return (
    <div class="question-faults" role="status">
      {said.map((text) => (
        <p key={text}>{text}</p>
      ))}
    </div>
  );
}
