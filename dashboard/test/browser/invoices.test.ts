import { Dimension } from "proto/analytics_pb.js";
import { AnalyticsService, GapKind } from "proto/analytics_service_pb.js";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";

import { KINDS } from "../../src/pages/invoices/kinds";
import { exactFigures, faults, service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const { method: analytics } = AnalyticsService;

/** What OpenAI would ask for, to the digit. */
let exact = "";
/** The same with a call that the log has not, and a model that the invoice has not. */
let apart = "";

beforeAll(async () => {
  const { rows } = await call(service, analytics.getBreakdown, {
    period: { period: { case: "days", value: 20 }, timeZone: "UTC" },
    filter: { providers: ["openai"] },
    dimensions: [Dimension.DAY, Dimension.MODEL],
    top: 1000,
  });
  const lines = rows.map(({ keys: [day, model], totals }) => {
    return `${day},${model},${totals!.cost!.amount}`;
  });
  const day = rows[0]!.keys[0]!;
  const other = lines.filter((line) => !line.includes(",gpt-4o-mini,"));
  exact = ["date,model,cost", ...lines].join("\n");
  apart = ["date,model,cost", ...other, `${day},o3,3.5`, `${day},Tax,0.7`].join("\n");
});

async function compare(page: Page, text: string): Promise<void> {
  await page.getByLabel("Provider, as calls report it").fill("openai");
  const file = { name: "costs.csv", mimeType: "text/csv", buffer: Buffer.from(text) };
  await page.getByLabel("The export: a file…").setInputFiles(file);
  await page.getByText("costs.csv,").waitFor();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("table", { name: "By day and model" }).waitFor();
  await settled(page);
}

test("an invoice that says the same agrees to the last digit", async () => {
  await visit("/invoices", async ({ page }) => {
    await compare(page, exact);
    await page.getByText("is the same to the last digit").waitFor();
    const [invoiced, recorded, gap] = await exactFigures(page, ".figures-row");
    expect(invoiced).toBe(recorded);
    expect(Number(gap)).toBe(0);
    expect(new URL(page.url()).search).toBe("?provider=openai");
  });
});

test("gaps and their causes are the service's, and a cause shows its own days", async () => {
  await visit("/invoices", async ({ page }) => {
    await compare(page, apart);
    const answer = await call(service, analytics.compareInvoice, {
      provider: "openai",
      invoice: apart,
    });
    const { invoiced, recorded, gap, rows, causes, otherLineCount } = answer;
    expect(causes.map(({ kind }) => kind)).toContain(GapKind.MISSING_IN_INVOICE);
    const head = await exactFigures(page, ".figures-row");
    expect(head).toEqual([invoiced, recorded, gap].map((money) => money!.amount));
    expect(otherLineCount).toBe(1n);
    await page.getByText("1 line about no model").waitFor();
    const reasons = await exactFigures(page, "table[aria-label='Causes of the difference']");
    expect(reasons).toEqual(
      causes.flatMap(({ gap, rowCount }) => [gap!.amount, rowCount.toString()]),
    );
    const figures = (some: typeof rows) =>
      some
        .slice(0, 25)
        .flatMap(({ invoiced, recorded, gap }) => [invoiced, recorded, gap])
        .flatMap((money) => (money ? [money.amount] : []));
    const table = "table[aria-label='By day and model'] tbody";
    expect(await exactFigures(page, table)).toEqual(figures(rows));

    const kind = GapKind.MISSING_IN_LOG;
    await page
      .getByRole("table", { name: "Causes of the difference" })
      .getByRole("link", { name: KINDS[kind], exact: true })
      .click();
    const missing = rows.filter((row) => row.kind === kind);
    await expect.poll(() => exactFigures(page, table)).toEqual(figures(missing));
    expect(await faults(page)).toEqual([]);
    await page.getByRole("link", { name: "Show all of them" }).click();
    await expect.poll(() => exactFigures(page, table)).toEqual(figures(rows));
  });
});

test("a comparison fits 375 pixels", async () => {
  await visit(
    "/invoices",
    async ({ page }) => {
      await compare(page, apart);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
    },
    { viewport: { width: 375, height: 800 } },
  );
});

test("what cannot be compared is said before and after it is sent", async () => {
  await visit("/invoices?provider=openai", async ({ page, complaints }) => {
    const send = page.getByRole("button", { name: "Compare" });
    await send.click();
    await page.getByText("Choose a file, or paste its text.").waitFor();
    await page.getByLabel("…or its text").fill("nothing,like,an,invoice");
    await page.getByLabel("Time zone of its days").fill("Mars");
    await send.click();
    await page.getByText("There is no time zone Mars").waitFor();
    await page.getByLabel("Time zone of its days").fill("");
    await send.click();
    await page.getByRole("alert").getByText("invoice:").waitFor();
    const large = Buffer.alloc(3 * 1024 * 1024 + 1, "x");
    const file = { name: "large.csv", mimeType: "text/csv", buffer: large };
    await page.getByLabel("The export: a file…").setInputFiles(file);
    await page.getByText("large.csv is larger than 3 MiB").waitFor();
    // The browser tells of the refused request itself.
    expect(complaints.splice(0).every((one) => one.includes("400"))).toBe(true);
  });
});
