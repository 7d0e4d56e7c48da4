import { fromJson } from "@bufbuild/protobuf";
import { AnalyticsService } from "proto/analytics_service_pb.js";
import { expect, test } from "vitest";

import { ZERO, add, compare, parse, print } from "../../src/format/decimal";
import { exactFigures, settled, useBrowser, visit } from "./browser";

useBrowser();

const { method: analytics } = AnalyticsService;

test("the month's figures are the service's, and its days add up to them", async () => {
  await visit("/forecast?feature=chat", async ({ page }) => {
    await settled(page);
    // A forecast changes with every moment: the page's own one counts.
    const [answer] = await Promise.all([
      page.waitForResponse("**/aiusage.v1.AnalyticsService/GetForecast"),
      page.reload(),
    ]);
    const { expected, spent, low, high, method } = fromJson(
      analytics.getForecast.output,
      await answer.json(),
    );
    await settled(page);
    const amounts = [expected, spent, low, high].flatMap((money) => (money ? [money.amount] : []));
    expect(await exactFigures(page, ".head-figures")).toEqual(amounts);

    const legend = await exactFigures(page, ".legend");
    expect(compare(parse(legend[0]!), parse(spent!.amount))).toBe(0);
    const sum = legend.map(parse).reduce(add, ZERO);
    expect(compare(sum, parse(expected!.amount)), print(sum)).toBe(0);
    await page.getByText("How it is worked out").click();
    await page.getByText(method).waitFor();
  });
});

test("the overview's figure leads to it, with the question", async () => {
  await visit("/?feature=chat", async ({ page }) => {
    await settled(page);
    await page.getByRole("link", { name: "Month will end at" }).click();
    await page.getByRole("heading", { level: 1, name: "Forecast" }).waitFor();
    expect(new URL(page.url()).search).toBe("?feature=chat");
    await settled(page);
  });
});
