import { CostService } from "proto/cost_service_pb.js";
import { PricingService } from "proto/pricing_service_pb.js";
import { expect, test } from "vitest";

import { groupSets } from "../../src/pages/prices/price-groups";
import { exactFigures, service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

test("the list has the prices in force, and a model its history", async () => {
  const source = "contract of the tests";
  await call(service, PricingService.method.createPrice, {
    provider: "openai",
    model: "gpt-4o",
    source,
    rates: [
      { meter: "input_tokens", price: { amount: "2.1" }, per: 1_000_000n },
      { meter: "output_tokens", price: { amount: "8.400000001" }, per: 1_000_000n },
    ],
  });
  await visit("/prices?by=openai", async ({ page }) => {
    await page.getByLabel("Search models").fill("GPT-4O");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "gpt-4o", exact: true }).waitFor();
    await settled(page);
    const answer = await call(service, PricingService.method.listPrices, {
      provider: "openai",
      modelContains: "gpt-4o",
    });
    await expect.poll(() => page.locator("tbody tr").count()).toBe(answer.prices.length);
    const shown = ["input_tokens", "cache_read_tokens", "output_tokens"];
    const amounts = answer.prices.flatMap(({ rates }) =>
      shown.flatMap((meter) => {
        const base = rates.find(
          (rate) => rate.meter === meter && rate.aboveInputTokens === undefined,
        );
        return base ? [base.price!.amount] : [];
      }),
    );
    expect(await exactFigures(page, "tbody")).toEqual(amounts);
    expect(amounts).toContain("8.400000001");

    await page.getByRole("link", { name: "gpt-4o", exact: true }).click();
    await page.getByText(source).waitFor();
    const { versions } = await call(service, PricingService.method.listPriceVersions, {
      provider: "openai",
      model: "gpt-4o",
    });
    const cards = page.locator("main section.card");
    expect(await cards.count()).toBe(versions.length);
    expect(await exactFigures(page, "main section.card")).toEqual(
      versions.flatMap(({ sets, inForce }) =>
        groupSets(sets, inForce, Date.now())
          .flatMap(({ sets }) => sets)
          .flatMap(({ set }) => set.rates.map(({ price }) => price!.amount)),
      ),
    );
  });
});

test("of prices on the same terms the one in force is marked, and it alone", async () => {
  await visit("/prices?of=anthropic&name=claude-opus-4-6", async ({ page }) => {
    await settled(page);
    await page.getByText("For all calls").waitFor();
    for (const name of ["For all calls", "For calls with processing=batch"]) {
      const sets = page.getByRole("region", { name }).locator(".sets > div");
      const marked = await sets.evaluateAll((all) => {
        return all.map((one) => one.querySelector(".badge")?.textContent ?? "");
      });
      // The newest stands first. Which one counts, the service says of every call.
      expect(marked).toEqual(["in force", ...marked.slice(1).map(() => "")]);
    }
  });
});

test("names without a price are listed with what to do", async () => {
  await visit("/prices?show=unpriced", async ({ page }) => {
    await settled(page);
    const { names, totalCount } = await call(service, CostService.method.listUnpriced, {});
    const rows = page.getByRole("table", { name: "Names without a price" }).locator("tbody th");
    expect(await rows.allTextContents()).toEqual(names.map(({ model }) => model));
    expect(await exactFigures(page, ".note-box")).toEqual([totalCount.toString()]);
  });
});
