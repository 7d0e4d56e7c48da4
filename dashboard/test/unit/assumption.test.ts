import { expect, test } from "vitest";

import { isAnything, readAssumption, toRequest } from "../../src/pages/savings/assumption";

const read = (search: string) => readAssumption(new URLSearchParams(search));

test("an address says what to try", () => {
  const assumption = read("try=openai/gpt-4o&try=fireworks/a/b&caching=30&terms=processing=batch");
  expect(toRequest(assumption)).toEqual({
    models: [
      { provider: "openai", model: "gpt-4o" },
      // A model's own name may have a stroke in it.
      { provider: "fireworks", model: "a/b" },
    ],
    promptCachingPercent: 30,
    priceContext: { processing: "batch" },
  });
});

test.each(["", "caching=0", "caching=101", "caching=1.5", "try=gpt-4o", "terms=batch"])(
  "%s asks for nothing",
  (search) => expect(isAnything(read(search))).toBe(false),
);

test("a model is tried once, and at most eight are", () => {
  expect(read("try=a/b&try=a/b").models).toEqual(["a/b"]);
  const many = Array.from({ length: 12 }, (_, index) => `try=a/${index}`).join("&");
  expect(read(many).models.length).toBe(8);
});
