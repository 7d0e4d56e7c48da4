import { create } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { PeriodSchema, UsageFilterSchema } from "proto/analytics_pb.js";
import { describe, expect, test } from "vitest";

import { dayAt, isDay, nextDay, startOfDay } from "../../src/state/day";
import {
  conditionsOf,
  describeSpan,
  readQuestion,
  sharedOf,
  spanChanges,
  toFilter,
  toPeriod,
  withCondition,
  withoutCondition,
} from "../../src/state/question";
import { address } from "../../src/state/address";

const read = (search: string) => readQuestion(new URLSearchParams(search));

describe("the period in an address", () => {
  test.each([
    ["", { kind: "days", days: 30 }],
    ["days=7", { kind: "days", days: 7 }],
    ["days=0", { kind: "days", days: 30 }],
    ["days=4000", { kind: "days", days: 30 }],
    ["days=x", { kind: "days", days: 30 }],
    ["month=2026-11", { kind: "month", month: "2026-11" }],
    ["month=2026-13", { kind: "days", days: 30 }],
    ["from=2026-11-01&to=2026-11-03", { kind: "range", from: "2026-11-01", to: "2026-11-03" }],
    ["from=2026-11-03&to=2026-11-01", { kind: "days", days: 30 }],
    ["from=2026-02-30&to=2026-03-01", { kind: "days", days: 30 }],
  ])("%s", (search, span) => {
    expect(read(search).span).toEqual(span);
  });

  test("comes back as it was written", () => {
    for (const search of ["days=90", "month=2026-02", "from=2026-01-01&to=2026-01-31"]) {
      const { span } = read(search);
      const written = address("/", new URLSearchParams("days=7&month=2026-01"), spanChanges(span));
      expect(read(written.split("?")[1] ?? "").span).toEqual(span);
    }
  });

  test("of days is half-open, from midnight to midnight of the zone", () => {
    const question = read("from=2026-11-01&to=2026-11-02&zone=Asia/Kathmandu");
    const { period, timeZone } = create(PeriodSchema, toPeriod(question, "UTC"));
    expect(timeZone).toBe("Asia/Kathmandu");
    if (period.case !== "range") throw new Error("no range");
    const { startTime, endTime } = period.value;
    expect(startTime && timestampDate(startTime).toISOString()).toBe("2026-10-31T18:15:00.000Z");
    expect(endTime && timestampDate(endTime).toISOString()).toBe("2026-11-02T18:15:00.000Z");
  });

  test("without a zone is read by the reporting zone", () => {
    const { period } = create(
      PeriodSchema,
      toPeriod(read("from=2026-07-01&to=2026-07-01"), "America/New_York"),
    );
    if (period.case !== "range" || !period.value.startTime) throw new Error("no range");
    expect(timestampDate(period.value.startTime).toISOString()).toBe("2026-07-01T04:00:00.000Z");
  });
});

describe("what an address cannot mean", () => {
  test.each([
    ["from=2026-11-10&to=2026-11-01", "The first day, 2026-11-10, is after the last, 2026-11-01."],
    ["from=garbage&to=2026-11-01", "“garbage” is no day such as 2026-11-22."],
    ["from=2026-11-01&to=2026-02-30", "“2026-02-30” is no day such as 2026-11-22."],
    ["from=garbage", "The address has a first day (from) and no last one (to)."],
    ["to=2026-11-01", "The address has a last day (to) and no first one (from)."],
    ["month=2026-99", "“2026-99” is no month such as 2026-11."],
    ["days=4000", "“4000” is no number of days from 1 to 3,660."],
    ["month=2026-99&days=7", "“2026-99” is no month such as 2026-11."],
  ])("of its time is told: %s", (search, fault) => {
    expect(read(search).faults).toEqual({ span: fault, zone: "" });
  });

  test.each([
    "",
    "days=7",
    "month=2026-02",
    "from=2026-01-01&to=2026-01-31",
    "zone=Asia/Kathmandu",
  ])("is nothing of what it can: %j", (search) =>
    expect(read(search).faults).toEqual({ span: "", zone: "" }),
  );

  test("of its zone is told, and days are then those of the reports", () => {
    const question = read("zone=Mars/X&from=2026-07-01&to=2026-07-01");
    expect(question.faults.zone).toBe("This browser knows no time zone “Mars/X”.");
    const { period, timeZone } = create(PeriodSchema, toPeriod(question, "America/New_York"));
    expect(timeZone).toBe("");
    if (period.case !== "range" || !period.value.startTime) throw new Error("no range");
    expect(timestampDate(period.value.startTime).toISOString()).toBe("2026-07-01T04:00:00.000Z");
  });

  test("does not stop what is beside it", () => {
    expect(read("month=2026-99&days=7").span).toEqual({ kind: "days", days: 7 });
    expect(describeSpan(read("month=2026-99&days=7").span)).toBe("the last 7 days");
  });
});

describe("days", () => {
  test("begin after a skipped midnight at the moment of the skip", () => {
    // Clocks of Beirut went from 00:00 to 01:00 on this day.
    expect(startOfDay("2021-03-28", "Asia/Beirut").toISOString()).toBe("2021-03-27T22:00:00.000Z");
  });

  test("begin at the first of two midnights", () => {
    // Clocks of Havana went back from 01:00 to 00:00 on this day.
    const start = startOfDay("2021-11-07", "America/Havana");
    expect(start.toISOString()).toBe("2021-11-07T04:00:00.000Z");
  });

  test("follow each other over the ends of months and years", () => {
    expect(nextDay("2026-12-31")).toBe("2027-01-01");
    expect(nextDay("2028-02-28")).toBe("2028-02-29");
    expect(isDay("2026-2-3")).toBe(false);
    expect(isDay("2026-99-99")).toBe(false);
  });

  test("are those of the zone", () => {
    expect(dayAt(new Date("2026-11-22T23:30:00Z"), "Asia/Tokyo")).toBe("2026-11-23");
    expect(dayAt(new Date("2026-11-22T23:30:00Z"), "America/Lima")).toBe("2026-11-22");
  });
});

describe("filters in an address", () => {
  test("become the service's filter", () => {
    const question = read("feature=chat&feature=&model=a%2Fb&tag=team%3Da%3Db&unpriced=true");
    const filter = create(UsageFilterSchema, toFilter(question));
    expect(filter.features).toEqual(["chat", ""]);
    expect(filter.models).toEqual(["a/b"]);
    expect(filter.tags).toEqual({ team: "a=b" });
    expect(filter.unpriced).toBe(true);
    expect(filter.failed).toBeUndefined();
    expect(filter.userIds).toEqual([]);
  });

  test("are added once, and taken away alone", () => {
    const question = read("feature=chat&feature=search");
    expect(withCondition(question, "feature", "chat")).toEqual({ feature: ["chat", "search"] });
    const [first] = conditionsOf(question);
    if (!first) throw new Error("no condition");
    expect(withoutCondition(question, first)).toEqual({ feature: ["search"] });
  });

  test("go along to other pages, and what is a page's own does not", () => {
    const params = new URLSearchParams("days=7&zone=UTC&user=ada&q=x&record=1&id=2&top=100");
    expect(sharedOf(params).toString()).toBe("days=7&zone=UTC&user=ada");
  });
});

test("an address has what changed, and nothing twice", () => {
  const params = new URLSearchParams("days=7&feature=a&feature=b");
  expect(address("/log", params, { days: undefined, feature: ["b", "c"] })).toBe(
    "/log?feature=b&feature=c",
  );
  expect(address("/", new URLSearchParams())).toBe("/");
});
