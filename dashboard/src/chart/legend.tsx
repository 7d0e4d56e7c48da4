import { formatMoney, placesFor } from "../format/money";
import { readQuestion, withCondition } from "../state/question";
import { here, place } from "../state/route";
import type { ChartSeries } from "./series";
import { Swatch } from "./swatch";

interface Props {
  readonly series: readonly ChartSeries[];
  /** The filter that a key belongs to. */
  readonly param: string;
  /** Parallel to the series; nothing for the rest. */
  readonly keys: readonly (string | undefined)[];
}

/** What the colours mean, with sums. A name leads to it alone. */
export function Legend({ series, param, keys }: Props) {
  const question = readQuestion(place.value.params);
  const places = placesFor(series.map(({ total }) => total));
  return (
    <ul class="legend" aria-label="Series">
      {series.map(({ name, total, colour }, index) => {
        const key = keys[index];
        return (
          <li key={index}>
            <Swatch colour={colour} />
            {key === undefined ? (
              <span>{name}</span>
            ) : (
              <a href={here(withCondition(question, param, key))}>{name}</a>
            )}
            <data value={total} title={`${total} USD`}>
              {formatMoney(total, places)}
            </data>
          </li>
        );
      })}
    </ul>
  );
}
