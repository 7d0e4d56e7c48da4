/** Where the log is kept for a shorter time than the sums: what pages say of it. */
import { rmSync } from "node:fs";

import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AnalyticsService } from "proto/analytics_service_pb.js";
import { UsageService } from "proto/usage_service_pb.js";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { type Server, makeFolder, startServerIn } from "../../../clients/node/test/server.js";
import { formatDay } from "../../src/format/time";
import { exactFigures, faults, settled, useBrowser, visit } from "./browser";
import { type Service, call } from "./call";

useBrowser();

const { method: analytics } = AnalyticsService;
const DAY_MS = 86_400_000;
const KEPT_DAYS = 100;
const year = { period: { case: "days" as const, value: 365 } };

const folder = makeFolder();
let server: Server;
let service: Service;

/** Time-ordered, so that it belongs to the month of its call. */
function idOf(moment: number): string {
  const time = moment.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${time}`;
}

async function start(flags: string[]): Promise<void> {
  server = await startServerIn(folder, flags);
  service = { address: `http://${server.address.replace("http://", "")}`, apiKey: server.apiKey };
}

beforeAll(async () => {
  await start([]);
  for (const daysAgo of [0, 1, 200]) {
    const moment = Date.now() - daysAgo * DAY_MS;
    const record = {
      ...{ recordId: idOf(moment), eventTime: timestampFromMs(moment), userId: "ada" },
      ...{ feature: "chat", provider: "openai", model: "gpt-4o", tags: { team: "a" } },
      usage: { inputTokens: 1_000_000n },
    };
    await call(service, UsageService.method.recordUsage, { record });
  }
  await server.stop();
  await start(["--keep-log-days", KEPT_DAYS.toString()]);
  const logStart = async () => {
    const { coverage } = await call(service, analytics.listUsage, { period: year });
    return coverage?.logStartTime;
  };
  await vi.waitUntil(logStart, { timeout: 60_000 });
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Visits the server of this file. */
function look(path: string, act: Parameters<typeof visit>[1]): Promise<void> {
  return visit(path, act, { apiKey: service.apiKey, address: service.address });
}

test("the log says from when on it is whole, and why", async () => {
  await look("/log?days=365", async ({ page }) => {
    await settled(page);
    const { coverage, records } = await call(service, analytics.listUsage, { period: year });
    expect([records.length, coverage?.complete]).toEqual([2, false]);
    const kept = formatDay(coverage!.logStartTime!, "UTC");
    await page.getByText(`the log is kept from ${kept} on`).click();
    await page.getByText(coverage!.explanation).waitFor();
    expect(await faults(page)).toEqual([]);
  });
});

test("sums reach further back than the log, and say so", async () => {
  await look("/?days=365", async ({ page }) => {
    await settled(page);
    const { current, coverage } = await call(service, analytics.getStats, { period: year });
    expect([current!.totals!.requestCount, coverage?.complete]).toEqual([3n, true]);
    expect((await exactFigures(page, ".head-figures .lead"))[0]).toBe(
      current!.totals!.cost!.amount,
    );
    await page.getByRole("note").getByText("are no longer in the log").waitFor();
    expect(await page.getByText("Not all of it").count()).toBe(0);
  });
});

test("figures that only the log knows are marked as not all there is", async () => {
  await look("/?days=365&tag=team%3Da", async ({ page }) => {
    await settled(page);
    const spend = page.getByRole("region", { name: "Spend over time" });
    await spend.getByText("Not all of it").waitFor();
    expect(await page.getByRole("note").count()).toBe(0);
  });
});

test("of a time that is whole, nothing is said", async () => {
  for (const path of ["/?days=30", "/log?days=30"]) {
    await look(path, async ({ page }) => {
      await settled(page);
      expect(await page.getByText("Not all of it").count()).toBe(0);
      expect(await page.getByRole("note").count()).toBe(0);
    });
  }
});
