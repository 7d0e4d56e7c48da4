import { analytics } from "../../api/services";
import { Card } from "../../parts/card";
import { Empty } from "../../parts/empty";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { here } from "../../state/route";
import { SuggestionLine } from "./suggestion-line";

/** Where the same usage would have cost less, what saves most first. */
export function SuggestionsCard({ asked }: { readonly asked: Asked }) {
  const answer = useAnswer(asked.key, (signal) =>
    analytics.getSuggestions(asked.request, { signal }),
  );
  return (
    <Card
      title="Where it would have cost less"
      answer={answer}
      note="Each stands for itself: two about the same calls do not add up."
    >
      {({ suggestions }) =>
        suggestions.length === 0 ? (
          <NoSuggestions />
        ) : (
          <ul class="suggestions">
            {suggestions.map((suggestion, index) => (
              <li key={index}>
                <SuggestionLine suggestion={suggestion} />
              </li>
            ))}
          </ul>
        )
      }
    </Card>
  );
}

function NoSuggestions() {
  return (
    <Empty title="Nothing to save was found">
      <p>
        Looked at are cheaper models of the same family, prompt caching for long inputs, batch
        prices for background jobs, and failed calls: of what cost a dollar at least, where it saves
        a twentieth.
      </p>
      <p>
        <a href={here({ days: "90", month: undefined, from: undefined, to: undefined })}>
          Look at the last 90 days
        </a>
        , or <a href={here({ show: "what-if" })}>try any model yourself</a>.
      </p>
    </Empty>
  );
}
