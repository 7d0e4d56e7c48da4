import { describe, expect, test } from "vitest";

import {
  add,
  compare,
  parse,
  percent,
  print,
  ratio,
  round,
  subtract,
} from "../../src/format/decimal";

describe("round", () => {
  test.each([
    ["0.125", 2, "0.12"],
    ["0.135", 2, "0.14"],
    ["0.1250000000000000001", 2, "0.13"],
    ["-0.125", 2, "-0.12"],
    ["-0.135", 2, "-0.14"],
    ["2.5", 0, "2"],
    ["3.5", 0, "4"],
    ["9.995", 2, "10.00"],
    ["7", 2, "7.00"],
    ["0.000000000000000001", 2, "0.00"],
    ["99999999999.999999999999999999", 18, "99999999999.999999999999999999"],
  ])("%s to %d digits is %s", (text, places, rounded) => {
    expect(print(round(parse(text), places))).toBe(rounded);
  });
});

test("sums and differences keep every digit", () => {
  const sum = add(parse("0.1"), parse("0.200000000000000003"));
  expect(print(sum)).toBe("0.300000000000000003");
  expect(print(subtract(parse("1"), parse("1.000000000000000001")))).toBe("-0.000000000000000001");
});

test("numbers of other lengths compare by value", () => {
  expect(compare(parse("1.0"), parse("1"))).toBe(0);
  expect(compare(parse("-2"), parse("1.5"))).toBe(-1);
  expect(compare(parse("10"), parse("9.99"))).toBe(1);
});

test("a part of nothing has no percentage", () => {
  expect(percent(parse("1"), parse("0"), 1)).toBeUndefined();
  expect(percent(parse("1"), parse("8"), 1)).toEqual({ digits: 125n, scale: 1 });
  expect(percent(parse("1"), parse("3"), 2)).toEqual({ digits: 3333n, scale: 2 });
  expect(percent(parse("1"), parse("-3"), 2)).toEqual({ digits: -3333n, scale: 2 });
});

test("a ratio is exact until it is rounded", () => {
  expect(ratio(parse("3.13"), parse("0.58"), 1)).toEqual({ digits: 54n, scale: 1 });
  expect(ratio(parse("1"), parse("3"), 20)).toEqual({ digits: BigInt("3".repeat(20)), scale: 20 });
  expect(ratio(parse("-1"), parse("8"), 2)).toEqual({ digits: -12n, scale: 2 });
  expect(ratio(parse("1"), parse("0.00"), 1)).toBeUndefined();
});

test.each(["", "1e5", "+1", ".5", "1.", "NaN", "1,000"])("%j is no decimal number", (text) => {
  expect(() => parse(text)).toThrow("not a decimal number");
});
