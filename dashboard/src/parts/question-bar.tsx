import type { Caller } from "../state/session";

import { readQuestion } from "../state/question";
import { place } from "../state/route";
import { FilterBar } from "./filter-bar";
import { PeriodPicker } from "./period-picker";
import { ZonePicker } from "./zone-picker";

interface Props {
  readonly caller: Caller;
  /** Whether the page's answers follow the filters. */
  readonly filters?: boolean;
}

/** Which time, whose clock, which records. */
export function QuestionBar({ caller, filters = true }: Props) {
  const question = readQuestion(place.value.params);
  return (
    <div class="question">
      <PeriodPicker question={question} reportingZone={caller.timeZone} />
      <ZonePicker zone={question.zone} reportingZone={caller.timeZone} />
      {filters && <FilterBar question={question} />}
    </div>
  );
}
