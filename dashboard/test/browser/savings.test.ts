import { AnalyticsService, SuggestionKind } from "proto/analytics_service_pb.js";
import { expect, test } from "vitest";

import { ZERO, add, compare, parse, print } from "../../src/format/decimal";
import { exactFigures, service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const { method: analytics } = AnalyticsService;
const period = { period: { case: "days" as const, value: 30 } };

test("suggestions are the service's, and lead to trying them", async () => {
  await visit("/savings", async ({ page }) => {
    await settled(page);
    const { suggestions } = await call(service, analytics.getSuggestions, { period });
    const lines = page.locator(".suggestion");
    expect(await lines.count()).toBe(suggestions.length);
    for (const [index, suggestion] of suggestions.entries()) {
      expect(await lines.nth(index).textContent()).toContain(suggestion.explanation);
    }
    const priced = suggestions.filter(({ kind }) => kind !== SuggestionKind.UNPRICED);
    expect(await exactFigures(page, ".suggestion-savings")).toEqual(
      priced.map(({ savings }) => savings!.amount),
    );

    const at = suggestions.findIndex(({ kind }) => kind === SuggestionKind.CHEAPER_MODEL);
    const { feature, provider, model, suggestedModel, simulatedCost } = suggestions[at]!;
    await lines.nth(at).getByText("Try it, and other models").click();
    const table = page.getByRole("table", { name: "Simulated cost" });
    await table.waitFor();
    const { searchParams } = new URL(page.url());
    expect(searchParams.getAll("try")).toEqual([`${provider}/${suggestedModel}`]);
    expect([searchParams.get("feature"), searchParams.get("model")]).toEqual([feature, model]);
    const [, would] = await exactFigures(page, "table[aria-label='Simulated cost'] tbody");
    expect(would).toBe(simulatedCost!.amount);
    await settled(page);
  });
});

test("models, caching and terms are typed in, and their figures are the service's", async () => {
  await visit("/savings?show=what-if", async ({ page }) => {
    await page.getByText("Say what to try").waitFor();
    const model = page.getByLabel("Model, with its provider");
    await model.fill("gpt-4o-mini");
    await model.press("Enter");
    await page.getByText("Write the provider before the model").waitFor();
    await model.fill("openai/gpt-4o-mini");
    await model.press("Enter");
    await page.getByRole("table", { name: "Simulated cost" }).waitFor();
    await settled(page);
    await model.fill("anthropic/claude-haiku-4-5");
    await page.getByLabel("Prompt caching, % of the input").fill("30");
    await page.getByRole("button", { name: "Price it" }).click();
    await page.getByText("anthropic / claude-haiku-4-5").first().waitFor();
    await settled(page);

    const { simulations } = await call(service, analytics.simulateCost, {
      period,
      models: [
        { provider: "openai", model: "gpt-4o-mini" },
        { provider: "anthropic", model: "claude-haiku-4-5" },
      ],
      promptCachingPercent: 30,
    });
    expect(await exactFigures(page, "table[aria-label='Simulated cost'] tbody")).toEqual(
      simulations.flatMap(({ recordedCost, cost, savings, pricedCount }) => {
        return [recordedCost, cost, savings].map((it) => it!.amount).concat(`${pricedCount}`);
      }),
    );
    await page.getByRole("link", { name: "Do not try openai/gpt-4o-mini" }).click();
    await expect
      .poll(() => new URL(page.url()).searchParams.getAll("try"))
      .toEqual(["anthropic/claude-haiku-4-5"]);
    await settled(page);
  });
});

test.each(["model", "day"])("put apart by %s, the parts add up to the whole", async (by) => {
  const address = `/savings?days=14&show=what-if&try=openai/gpt-4o-mini&by=${by}`;
  await visit(address, async ({ page }) => {
    await settled(page);
    const [did, would, saved] = await exactFigures(
      page,
      "table[aria-label='Simulated cost'] tbody",
    );
    const table = "table[aria-label='What each part would have saved']";
    const rows = await exactFigures(page, `${table} tbody`);
    const columns = [0, 1, 2].map((column) => rows.filter((_, index) => index % 3 === column));
    const sums = columns.map((column) => column.map(parse).reduce(add, ZERO));
    for (const [index, whole] of [did, would, saved].entries()) {
      expect(compare(sums[index]!, parse(whole!)), print(sums[index]!)).toBe(0);
    }
    const foot = await exactFigures(page, `${table} tfoot`);
    expect(foot.map((sum, index) => compare(parse(sum), sums[index]!))).toEqual([0, 0, 0]);
    if (by === "day") {
      expect(columns[0]!.length).toBe(14);
      // The chart is drawn anew when the last day has come: a key before that is lost.
      const lastDay = async () => {
        await page.locator(".chart-plot").press("End");
        return page.locator(".step-card").isVisible();
      };
      await expect.poll(lastDay, { timeout: 10_000 }).toBe(true);
    }
  });
});

test("where there is nothing to save or to price, the page says what else to do", async () => {
  await visit("/savings?from=2020-01-01&to=2020-01-02", async ({ page }) => {
    await page.getByText("Nothing to save was found").waitFor();
    await page.getByRole("link", { name: "try any model yourself" }).click();
    await page.getByLabel("Prompt caching, % of the input").fill("50");
    await page.keyboard.press("Enter");
    await page.getByText("No calls to price anew").waitFor();
    await settled(page);
  });
});
