import { Dimension } from "proto/analytics_pb.js";
import { AnalyticsService } from "proto/analytics_service_pb.js";
import { expect, test } from "vitest";

import { ZERO, add, compare, parse } from "../../src/format/decimal";
import { formatExact } from "../../src/format/number";
import { formatTimes } from "../../src/format/times";
import { exactFigures, service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const { method: analytics } = AnalyticsService;
const period = { period: { case: "days" as const, value: 30 } };

test("days that stand out are those of the service, and lead to their calls", async () => {
  await visit("/anomalies", async ({ page }) => {
    await settled(page);
    const { anomalies } = await call(service, analytics.listAnomalies, { period });
    expect(anomalies.length).toBeGreaterThanOrEqual(2);
    const figures = await exactFigures(page, "table[aria-label='Days that stand out'] tbody");
    expect(figures).toEqual(
      anomalies.flatMap(({ cost, usualCost, difference }) => {
        return [cost!.amount, usualCost!.amount, difference!.amount];
      }),
    );
    const table = page.getByRole("table", { name: "Days that stand out" });
    // How many times the usual one a cost is follows from the two beside it.
    const times = await table.locator("tbody td[data-label='Times usual']").allTextContents();
    expect(times).toEqual(
      anomalies.map(({ cost, usualCost }) => formatTimes(cost!.amount, usualCost!.amount)),
    );
    const deviations = await table.locator("tbody td[data-label='Deviations']").allTextContents();
    expect(deviations).toEqual(anomalies.map(({ deviations }) => formatExact(deviations)));
    expect(await table.locator(".reason").allTextContents()).toEqual(
      anomalies.map(({ explanation }) => explanation),
    );

    const at = anomalies.findIndex(({ dimension }) => dimension === Dimension.FEATURE);
    const { day, key } = anomalies[at]!;
    await table.locator("tbody a").nth(at).click();
    await page.getByRole("heading", { level: 1, name: "Log" }).waitFor();
    const asked = Object.fromEntries(new URL(page.url()).searchParams);
    expect(asked).toEqual({ from: day, to: day, feature: key });
    await settled(page);
    await page.goBack();
    await settled(page);
  });
});

test("the chart sets those days apart, and adds up to the whole", async () => {
  await visit("/anomalies", async ({ page }) => {
    await settled(page);
    const { current } = await call(service, analytics.getStats, { period });
    const [usual, out] = await exactFigures(page, ".legend");
    expect(parse(out!).digits).toBeGreaterThan(0n);
    const sum = add(parse(usual!), parse(out!));
    expect(compare(sum, parse(current!.totals!.cost!.amount))).toBe(0);
    await page.getByText("Show as a table").click();
    await expect.poll(() => page.locator(".chart-table tbody tr").count()).toBe(30);
    const steps = await exactFigures(page, ".chart-table tbody td:last-child");
    expect(compare(steps.map(parse).reduce(add, ZERO), sum)).toBe(0);
  });
});

test("what counts as far lies in the address", async () => {
  await visit("/anomalies?sensitivity=100&feature=search", async ({ page }) => {
    await page.getByText("No day stands out").waitFor();
    await page.getByRole("link", { name: "Show smaller differences too" }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get("sensitivity")).toBe("3");
    await settled(page);
    await page.getByText("How it is worked out").click();
    await page.getByText("at least 3 times the usual difference").waitFor();
  });
});
