import { ZERO, add, parse, print } from "../format/decimal";
import type { ChartSeries } from "./series";

/** The exact sum of all series at each step. */
export function sumSteps(series: readonly ChartSeries[], steps: number): string[] {
  return Array.from({ length: steps }, (_, step) => {
    const figures = series.map(({ figures }) => parse(figures[step] ?? "0"));
    return print(figures.reduce(add, ZERO));
  });
}
