/** Times that calls took. */
import type { Duration } from "@bufbuild/protobuf/wkt";

import { print, round } from "./decimal";
import { group } from "./number";

/** 0.8423 s as "842 ms", 12.345 s as "12.35 s", 90 s as "1 min 30 s". */
export function formatDuration(duration: Duration): string {
  const nanos = duration.seconds * 1_000_000_000n + BigInt(duration.nanos);
  if (nanos < 1_000_000n && nanos > 0n) return "<1 ms";
  const seconds = { digits: nanos, scale: 9 };
  if (nanos < 999_500_000n) return `${print(round({ digits: nanos, scale: 6 }, 0))} ms`;
  if (nanos < 60_000_000_000n) return `${print(round(seconds, 2))} s`;
  const whole = round(seconds, 0).digits;
  return `${group((whole / 60n).toString())} min ${whole % 60n} s`;
}
