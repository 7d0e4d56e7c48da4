import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";

import { dark } from "../state/theme";
import { StepCard } from "./step-card";
import type { ChartSeries } from "./series";
import { drawStack } from "./stack";

interface Props {
  /** What it shows, for who does not see it. */
  readonly label: string;
  readonly steps: readonly string[];
  readonly series: readonly ChartSeries[];
  /** The exact sum of each step. */
  readonly totals: readonly string[];
  readonly height?: number;
}

/** Money over time, stacked. The arrow keys read one step after the other. */
export function StackChart({ label, steps, series, totals, height = 260 }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const [step, setStep] = useState<number>();
  const width = useWidth(root);
  const theme = dark.value;

  useEffect(() => {
    if (!root.current || width === 0) return;
    setStep(undefined);
    chart.current = drawStack(root.current, { width, height, steps, series, onStep: setStep });
    return () => chart.current?.destroy();
  }, [width, height, steps, series, theme]);

  function move(event: KeyboardEvent) {
    const last = steps.length - 1;
    const from = step ?? (event.key === "ArrowLeft" ? last + 1 : -1);
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key];
    if (to === undefined || !chart.current) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, to));
    chart.current.setCursor({ left: chart.current.valToPos(next, "x"), top: 10 });
  }

  const at = step !== undefined && chart.current ? chart.current.valToPos(step, "x") : 0;
  return (
    <div class="chart">
      <div
        class="chart-plot"
        style={{ minHeight: `${height}px` }}
        ref={root}
        role="group"
        tabIndex={0}
        aria-label={`${label}. Arrow keys read the steps; a table follows.`}
        onKeyDown={move}
        onBlur={() => chart.current?.setCursor({ left: -10, top: -10 })}
      />
      <div aria-live="polite">
        {step !== undefined && (
          <StepCard
            step={step}
            name={steps[step] ?? ""}
            series={series}
            total={totals[step] ?? "0"}
            left={at + 60}
            width={width}
          />
        )}
      </div>
    </div>
  );
}

/** The width that an element has now, in pixels. */
function useWidth(root: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!root.current) return;
    const observer = new ResizeObserver(([entry]) => {
      setWidth(Math.floor(entry?.contentRect.width ?? 0));
    });
    observer.observe(root.current);
    return () => observer.disconnect();
  }, []);
  return width;
}
