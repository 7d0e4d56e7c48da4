import { isZone } from "../state/day";
import { go, here } from "../state/route";

interface Props {
  readonly zone: string;
  readonly reportingZone: string;
}

/** By whose clock days begin. */
export function ZonePicker({ zone, reportingZone }: Props) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const near = [...new Set([own, "UTC", zone])].filter((name) => isZone(name));
  const others = ZONES.filter((name) => !near.includes(name));
  return (
    <label class="zone">
      <span class="hidden">Time zone of days</span>
      <select
        value={zone}
        onChange={(event) => go(here({ zone: event.currentTarget.value || undefined }))}
      >
        <option value="">{reportingZone} (reports)</option>
        <optgroup label="Near">{near.map(option)}</optgroup>
        <optgroup label="All">{others.map(option)}</optgroup>
      </select>
    </label>
  );
}

const ZONES = Intl.supportedValuesOf("timeZone");

function option(name: string) {
  return (
    <option key={name} value={name}>
      {name.replaceAll("_", " ")}
    </option>
  );
}
