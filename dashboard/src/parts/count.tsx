import { formatBriefCount, formatCount } from "../format/number";

interface Props {
  readonly count: bigint;
  /** Three digits of large counts; all of them are shown when one points at it. */
  readonly brief?: boolean;
}

export function Count({ count, brief = false }: Props) {
  return (
    <data value={count.toString()} title={brief ? formatCount(count) : undefined}>
      {brief ? formatBriefCount(count) : formatCount(count)}
    </data>
  );
}
