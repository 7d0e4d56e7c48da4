/** What a chart shows: exact figures over steps of time. */
export interface ChartSeries {
  /** For people. */
  readonly name: string;
  /** A decimal string for each step. */
  readonly figures: readonly string[];
  /** Their sum, from the service. */
  readonly total: string;
  /** Number of its colour: 1 to 8, or 0 for the rest. */
  readonly colour: number;
}

export const COLOURS = 8;
