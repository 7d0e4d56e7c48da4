import { create } from "@bufbuild/protobuf";
import { DurationSchema, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { MoneySchema } from "proto/types_pb.js";
import { describe, expect, test } from "vitest";

import { formatDuration } from "../../src/format/duration";
import { formatDifference, formatExactMoney, formatMoney, placesFor } from "../../src/format/money";
import { formatBriefCount, formatCount } from "../../src/format/number";
import { changeOf, formatChange, formatPercent } from "../../src/format/percent";
import { formatMeter, formatPer } from "../../src/format/price";
import { formatDate, formatStep, formatTime } from "../../src/format/time";

describe("money", () => {
  test.each([
    ["0", "$0.00"],
    ["1234.565", "$1,234.56"],
    ["1234.575", "$1,234.58"],
    ["0.00875", "$0.008750"],
    ["0.125", "$0.1250"],
    ["-12.5", "\u2212$12.50"],
    ["0.0000000036", "<$0.000001"],
    ["-0.0000000036", ">\u2212$0.000001"],
    ["99999999999.999999999999999999", "$100,000,000,000.00"],
  ])("%s is shown as %s", (amount, shown) => {
    expect(formatMoney(amount)).toBe(shown);
  });

  test("a difference has its sign, nothing has none", () => {
    expect(["12.5", "-12.5", "0"].map((amount) => formatDifference(amount))).toEqual([
      "+$12.50",
      "\u2212$12.50",
      "$0.00",
    ]);
  });

  test("what is not 0 never looks like 0", () => {
    expect(formatMoney("0.004", 2)).toBe("<$0.01");
    expect(formatMoney("0.006", 2)).toBe("$0.01");
  });

  test("a column has the digits that its largest amount needs", () => {
    expect(placesFor(["1200", "0.0001"])).toBe(2);
    expect(placesFor(["12", "0.5"])).toBe(4);
    expect(placesFor(["0.0001", "-0.002"])).toBe(6);
    expect(placesFor([])).toBe(2);
  });

  test("the whole figure keeps every digit", () => {
    const money = create(MoneySchema, { amount: "1234.000000000000000001" });
    expect(formatExactMoney(money)).toBe("1,234.000000000000000001 USD");
  });
});

test.each([
  [999n, "999"],
  [1_234_567n, "1.23M"],
  [999_500n, "1.00M"],
  [999_499n, "999,499"],
  [12_345_678_901n, "12.3B"],
  [-1_500_000n, "\u22121.50M"],
  [9_223_372_036_854_775_807n, "9,223,372T"],
])("%d is %s in short", (count, shown) => {
  expect(formatBriefCount(count)).toBe(shown);
});

test("a count beyond floats keeps its last digit", () => {
  expect(formatCount(9_007_199_254_740_993n)).toBe("9,007,199,254,740,993");
});

test.each([
  [0n, 0, "0 ms"],
  [0n, 300_000, "<1 ms"],
  [0n, 842_300_000, "842 ms"],
  [0n, 999_500_000, "1.00 s"],
  [12n, 345_000_000, "12.34 s"],
  [90n, 0, "1 min 30 s"],
])("%d s and %d ns are %s", (seconds, nanos, shown) => {
  expect(formatDuration(create(DurationSchema, { seconds, nanos }))).toBe(shown);
});

test("percentages round half-even, and none is a dash", () => {
  expect(formatPercent("98.7500")).toBe("98.8 %");
  expect(formatPercent("98.8500")).toBe("98.8 %");
  expect(formatPercent("")).toBe("–");
});

test("a change is told with its sign", () => {
  const change = (now: string, before: string) => {
    const change = changeOf(now, before);
    return change && formatChange(change);
  };
  expect(change("110", "100")).toBe("+10.0 %");
  expect(change("50", "100")).toBe("\u221250.0 %");
  expect(change("1", "1")).toBe("0.0 %");
  expect(change("5", "0")).toBeUndefined();
});

test("prices say what is counted, and for how many they are", () => {
  expect(formatMeter("cache_read_tokens")).toBe("cache read tokens");
  expect(formatPer(1_000_000n)).toBe("/ 1M");
  expect(formatPer(1000n)).toBe("/ 1K");
  expect(formatPer(12n)).toBe("/ 12");
  expect(formatPer(1n)).toBe("each");
});

test("steps are named in short", () => {
  expect(formatStep("2026-11-02")).toBe("2 Nov");
  expect(formatStep("2026-11")).toBe("Nov 2026");
  expect(formatStep("2026-11-22T13:00:00+05:45")).toBe("22 Nov 13:00");
});

test("a day has its year, and what is no day stays as it is", () => {
  expect(formatDate("2026-11-02")).toBe("2 Nov 2026");
  expect(formatDate("")).toBe("");
});

test("times are those of the zone's clock", () => {
  const time = timestampFromDate(new Date("2026-11-22T23:30:00Z"));
  expect(formatTime(time, "UTC")).toBe("22 Nov 2026, 23:30:00");
  expect(formatTime(time, "Asia/Kathmandu")).toBe("23 Nov 2026, 05:15:00");
});
