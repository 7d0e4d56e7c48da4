import { parse } from "../format/decimal";
import { formatMoney, placesFor } from "../format/money";
import type { ChartSeries } from "./series";
import { Swatch } from "./swatch";

interface Props {
  readonly step: number;
  readonly name: string;
  readonly series: readonly ChartSeries[];
  readonly total: string;
  /** Where the step is, and how wide the chart, in pixels. */
  readonly left: number;
  readonly width: number;
}

/** What one step is made of: beside the pointer. */
export function StepCard({ step, name, series, total, left, width }: Props) {
  const used = series.filter(({ figures }) => parse(figures[step] ?? "0").digits !== 0n);
  const places = placesFor([total]);
  const side = left > width / 2 ? { right: `${width - left + 12}px` } : { left: `${left + 12}px` };
  return (
    <div class="step-card" style={side}>
      <p>
        <strong>{name}</strong> <span>{formatMoney(total, places)}</span>
      </p>
      {series.length > 1 && (
        <ul>
          {used.toReversed().map((one) => (
            <li key={one.name}>
              <Swatch colour={one.colour} />
              <span class="step-name">{one.name}</span>
              <span>{formatMoney(one.figures[step] ?? "0", places)}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
