import { expect, test } from "vitest";

import { service, settled, useBrowser, visit } from "./browser";

useBrowser();

test("a wrong key is refused with a word, a right one opens the page and stays", async () => {
  await visit(
    "/users?days=7",
    async ({ page, complaints }) => {
      const key = page.getByLabel("API key");
      await key.fill("aiusage_wrong");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page
        .getByRole("alert")
        .getByText(/This is no valid API key/)
        .waitFor();
      // The browser tells of each refused request itself.
      expect(complaints.splice(0).every((one) => one.includes("401"))).toBe(true);

      await key.fill(service.apiKey);
      await key.press("Enter");
      await page.getByRole("heading", { level: 1, name: "Users" }).waitFor();
      await page.reload();
      await page.getByRole("heading", { level: 1, name: "Users" }).waitFor();
      const cookies = await page.context().cookies();
      expect(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([
        [true, "Strict"],
      ]);
      expect(await page.evaluate(() => document.cookie + JSON.stringify(localStorage))).toBe("{}");

      await settled(page);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await page.reload();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
    },
    { apiKey: "" },
  );
});
