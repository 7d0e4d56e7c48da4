import type { Caller } from "../state/session";

import { readQuestion } from "../state/question";
import { place } from "../state/route";
import { FilterBar } from "./filter-bar";
import { PeriodPicker } from "./period-picker";
import { QuestionFaults } from "./question-faults";
import { ZonePicker } from "./zone-picker";

interface Props {
  readonly caller: Caller;
  /** Whether the page's answers follow the filters. */
  readonly filters?: boolean;
  /** Whether they follow the period. */
  readonly period?: boolean;
}

/** Which time, whose clock, which records. */
export function QuestionBar({ caller, filters = true, period = true }: Props) {
  const question = readQuestion(place.value.params);
  return (
    <div class="question">
      {period && <PeriodPicker question={question} reportingZone={caller.timeZone} />}
      <ZonePicker zone={question.zone} reportingZone={caller.timeZone} />
      {filters && <FilterBar question={question} />}
      <QuestionFaults question={question} caller={caller} period={period} />
    </div>
  );
}
