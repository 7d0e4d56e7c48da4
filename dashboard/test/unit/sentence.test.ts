import { expect, test } from "vitest";

import { fieldWords, sentence } from "../../src/format/sentence";
import { formatTimes } from "../../src/format/times";

test.each([
  ["there is no record 7", "There is no record 7."],
  ["Try again.", "Try again."],
  ["what now?", "What now?"],
  ["", ""],
])("%j is told as %j", (message, told) => {
  expect(sentence(message)).toBe(told);
});

test("fields of a request are told in words", () => {
  expect(fieldWords("record_id")).toBe("record id");
  expect(fieldWords("filter.user_ids[3]")).toBe("filter, user ids");
});

test.each([
  ["3.13", "0.58", "5.4 ×"],
  ["1234.5", "1", "1,234.5 ×"],
  ["0.001", "10", "<0.1 ×"],
  ["0", "10", "0.0 ×"],
  ["3", "0", "–"],
])("%s is %s times: %s", (amount, other, times) => {
  expect(formatTimes(amount, other)).toBe(times);
});
