import { describe, expect, test } from "vitest";

import { splitsFor } from "../../src/chart/splits";

const days = Array.from({ length: 30 }, (_, day) => `${day + 1} Nov`);
const hours = Array.from(
  { length: 168 },
  (_, hour) => `${16 + Math.floor(hour / 24)} Nov ${hour}:00`,
);

describe("the names below a chart", () => {
  test.each([
    ["few days", days.slice(0, 7), 900, 40],
    ["days", days, 900, 40],
    ["days on a telephone", days, 260, 40],
    ["hours", hours, 900, 78],
    ["hours on a telephone", hours, 260, 78],
  ])("have room beside each other: %s", (_, steps, width, widest) => {
    const splits = splitsFor(steps, width, widest);
    const [first, second] = splits;
    if (second !== undefined) {
      expect(((second - first!) * width) / steps.length).toBeGreaterThan(widest + 10);
    }
    expect(splits.length).toBeGreaterThan(1);
    expect(splits.at(-1)).toBeLessThan(steps.length);
  });

  test("are all there where they fit", () => {
    expect(splitsFor(days.slice(0, 7), 900, 40)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("of hours stand at the same hours of each day", () => {
    expect(splitsFor(hours, 900, 78)).toEqual([0, 24, 48, 72, 96, 120, 144]);
    expect(splitsFor(hours.slice(0, 48), 900, 78)).toEqual([0, 6, 12, 18, 24, 30, 36, 42]);
    expect(splitsFor(hours, 260, 78)).toEqual([0, 96]);
  });

  test("need no steps", () => {
    expect(splitsFor([], 900, 0)).toEqual([]);
  });
});
