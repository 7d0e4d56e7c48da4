/** Which steps of a chart have their name below them. */

/** What lies at least between two names, in pixels. */
const GAP = 14;
/** Hours that people count in: names then stand at the same hours of each day. */
const HOURS = [1, 2, 3, 6, 12, 24];

/** As many steps as fit into a width, one as far from the next as the last two. */
export function splitsFor(steps: readonly string[], width: number, widest: number): number[] {
  const room = Math.max(2, Math.floor(width / (widest + GAP)));
  const least = Math.max(1, Math.ceil(steps.length / room));
  const every = steps.some((name) => name.includes(":")) ? wholeHours(least) : least;
  return Array.from({ length: Math.ceil(steps.length / every) }, (_, index) => index * every);
}

function wholeHours(least: number): number {
  return HOURS.find((hours) => hours >= least) ?? Math.ceil(least / 24) * 24;
}
