import { AdminService } from "proto/admin_service_pb.js";
import { expect, test } from "vitest";

import { service, settled, useBrowser, visit } from "./browser";
import { call } from "./call";

useBrowser();

const { method: admin } = AdminService;

test("a key is made, shown once, and revoked", async () => {
  await visit("/keys", async ({ page }) => {
    await settled(page);
    expect(await page.locator("thead th").allTextContents()).not.toContain("");
    const own = await call(service, admin.getCaller, {});
    await page.getByRole("row", { name: own.keyId }).getByText("this session").waitFor();

    await page.getByRole("button", { name: "New key" }).click();
    await page.getByLabel("What it is for").fill("key of the tests");
    await page.getByLabel("Ends by itself").selectOption("90");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const secret = (await page.locator(".secret").textContent()) ?? "";
    const made = await call({ ...service, apiKey: secret }, admin.getCaller, {});
    expect(secret).toContain(made.keyId);
    await page.getByRole("button", { name: "Close" }).click();
    expect(await page.content()).not.toContain(secret);

    const row = page.getByRole("row", { name: "key of the tests" });
    await row.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("button", { name: "Revoke it" }).click();
    await row.getByText(/^revoked /).waitFor();
    const { keys } = await call(service, admin.listKeys, {});
    const revoked = keys.find(({ keyId }) => keyId === made.keyId);
    expect(revoked?.revokeTime).toBeDefined();
    expect(revoked?.expireTime).toBeDefined();
    expect(await page.locator("tbody code").allTextContents()).toEqual(
      keys.map(({ keyId }) => keyId),
    );
  });
});
