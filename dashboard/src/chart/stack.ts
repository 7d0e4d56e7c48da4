/** Draws series on top of each other, with uPlot. */
import uPlot from "uplot";

import { toPixels } from "./pixels";
import type { ChartSeries } from "./series";
import { splitsFor } from "./splits";

/** Room beside the bars, in pixels: for the names of heights, and for half a name of a step. */
const HEIGHTS_SIZE = 60;
const RIGHT = 18;

export interface StackOptions {
  readonly width: number;
  readonly height: number;
  /** Short names of the steps. */
  readonly steps: readonly string[];
  /** The lowest first. */
  readonly series: readonly ChartSeries[];
  /** Hears which step the pointer is at. */
  readonly onStep: (step: number | undefined) => void;
}

export function drawStack(root: HTMLElement, options: StackOptions): uPlot {
  const { width, height, steps, series, onStep } = options;
  const style = getComputedStyle(root);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const bars = uPlot.paths.bars?.({ size: [0.76, 44, 1], radius: 0 });
  if (!bars) throw new Error("uPlot has lost its bars");
  const font = `12px ${style.fontFamily}`;
  const widest = widestOf(steps, font);
  const axis = {
    stroke: colour("--muted"),
    font,
    ticks: { show: false },
    grid: { stroke: colour("--line"), width: 1 },
  };
  const chart: uPlot.Options = {
    width,
    height,
    padding: [12, RIGHT, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: () => [-0.5, Math.max(steps.length, 1) - 0.5] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.05 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        splits: () => splitsFor(steps, width - HEIGHTS_SIZE - RIGHT, widest),
        values: (_, splits) => splits.map((step) => steps[step] ?? ""),
      },
      { ...axis, size: HEIGHTS_SIZE, values: namesOfHeights },
    ],
    // The whole stack is drawn first, and each lower part over it.
    series: [
      {},
      ...series.toReversed().map((one) => ({
        fill: colour(one.colour === 0 ? "--series-rest" : `--series-${one.colour}`),
        stroke: "transparent",
        width: 0,
        paths: bars,
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onStep(cursor.idx ?? undefined)] },
  };
  return new uPlot(chart, [steps.map((_, step) => step), ...heights(series).toReversed()], root);
}

/** Where each series ends, counted from the ground. */
function heights(series: readonly ChartSeries[]): number[][] {
  const ends: number[][] = [];
  for (const { figures } of series) {
    const below = ends.at(-1);
    ends.push(figures.map((figure, step) => toPixels(figure) + (below?.[step] ?? 0)));
  }
  return ends;
}

/** How wide the widest of some texts is drawn, in pixels. */
function widestOf(texts: readonly string[], font: string): number {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) throw new Error("the browser draws nothing");
  context.font = font;
  return Math.max(0, ...texts.map((text) => context.measureText(text).width));
}

/** Heights of the scale, with the digits of its steps. No figure that counts is made from them. */
function namesOfHeights(_: uPlot, heights: number[], __: number, ___: number, step: number) {
  const digits = (step.toString().split(".")[1] ?? "").length;
  const options: Intl.NumberFormatOptions =
    step >= 1000
      ? { notation: "compact", maximumSignificantDigits: 4 }
      : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const format = new Intl.NumberFormat("en", options);
  return heights.map((height) => `$${format.format(height)}`);
}
