interface Props {
  /** A decimal string, such as "83.1234"; may be above 100. */
  readonly percent: string;
  readonly label: string;
  readonly tone?: "plain" | "near" | "over";
}

/** A share as a bar. The figure itself stands beside it. */
export function Meter({ percent, label, tone = "plain" }: Props) {
  // A width on the screen, not a figure: whole percents will do.
  const width = Math.min(100, Math.max(0, Number.parseInt(percent || "0", 10)));
  return (
    <div
      class={`meter ${tone}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={width}
      aria-valuetext={`${percent || "0"} %`}
    >
      <div style={{ width: `${width}%` }} />
    </div>
  );
}
