/** Days and moments, by the clock of a zone. */
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const STEP = /^(\d{4})-(\d{2})(?:-(\d{2})(?:T(\d{2}:\d{2}))?)?/;

/** "22 Nov 2026, 13:05:09". */
export function formatTime(time: Timestamp, zone: string): string {
  return format(time, zone, { dateStyle: "medium", timeStyle: "medium" });
}

/** "22 Nov 2026". */
export function formatDay(time: Timestamp, zone: string): string {
  return format(time, zone, { dateStyle: "medium" });
}

/** "22 Nov, 13:05:09": for columns, where the year is clear. */
export function formatMoment(time: Timestamp, zone: string): string {
  return format(time, zone, {
    day: "2-digit",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}

function format(time: Timestamp, zone: string, options: Intl.DateTimeFormatOptions): string {
  const clock = { ...options, timeZone: zone, hourCycle: "h23" as const };
  return new Intl.DateTimeFormat("en-GB", clock).format(timestampDate(time));
}

/** The service's name of a step ("2026-11-22", "2026-11", "2026-11-22T13:00:00+01:00") in short. */
export function formatStep(name: string): string {
  const [, year = "", month = "", day, clock] = STEP.exec(name) ?? [];
  const monthName = MONTHS[Number(month) - 1] ?? month;
  if (day === undefined) return `${monthName} ${year}`;
  const date = `${Number(day)} ${monthName}`;
  return clock === undefined ? date : `${date} ${clock}`;
}

/** The service's name of a day, "2026-11-22", as "22 Nov 2026". */
export function formatDate(day: string): string {
  const [, year, month, date] = STEP.exec(day) ?? [];
  return date === undefined ? day : `${Number(date)} ${MONTHS[Number(month) - 1]} ${year}`;
}
