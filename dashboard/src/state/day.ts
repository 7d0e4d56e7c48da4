/** Calendar days, "2026-11-22", and when they begin in a zone. */

const DAY_MS = 86_400_000;

export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && print(utc(text)) === text;
}

export function nextDay(day: string): string {
  return print(new Date(utc(day).getTime() + DAY_MS));
}

/** The first moment of a day. Where clocks skip midnight, that is the moment of the skip. */
export function startOfDay(day: string, zone: string): Date {
  const target = utc(day).getTime();
  // Offsets change by an hour or so: those of the days around find every candidate.
  const offsets = [-DAY_MS, 0, DAY_MS].map((beside) => offsetAt(target + beside, zone));
  const moments = [...new Set(offsets)].map((offset) => target - offset).sort((a, b) => a - b);
  const first = moments.find((moment) => moment + offsetAt(moment, zone) >= target);
  return new Date(first ?? target);
}

/** The day that it is in a zone. */
export function dayAt(moment: Date, zone: string): string {
  return print(new Date(moment.getTime() + offsetAt(moment.getTime(), zone)));
}

/** Whether the browser knows a zone of this name. */
export function isZone(name: string): boolean {
  try {
    return name !== "" && Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

function utc(day: string): Date {
  return new Date(`${day}T00:00:00Z`);
}

function print(date: Date): string {
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 10);
}

/** What the clock of the zone is ahead of UTC, in ms. */
function offsetAt(moment: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(moment);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const day = [part("year"), part("month") - 1, part("day")] as const;
  const clock = Date.UTC(...day, part("hour"), part("minute"), part("second"));
  return clock - Math.floor(moment / 1000) * 1000;
}
