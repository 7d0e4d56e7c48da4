import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

import { licences } from "./licences.ts";

const generated = fileURLToPath(new URL("../clients/node/src/gen", import.meta.url));

/** The service that `npm run dev` asks. */
const service = process.env["AIUSAGE_DEV_ADDRESS"] ?? "http://127.0.0.1:50051";

export default defineConfig({
  plugins: [licences()],
  resolve: {
    // The messages are those of the Node client, generated once for both.
    alias: { proto: `${generated}/aiusage/v1`, rpc: `${generated}/google/rpc` },
    dedupe: ["@bufbuild/protobuf"],
  },
  build: {
    // The service's policy allows no data: addresses.
    assetsInlineLimit: 0,
    // Licences ask to be shipped with the code that they are of.
    license: { fileName: "licences.txt" },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      ["^/aiusage\\.v1\\.", "^/session$", "^/export"].map((path) => [path, service]),
    ),
  },
  test: {
    projects: [
      {
        extends: true,
        // The first look at a time zone can take seconds.
        test: { name: "unit", include: ["test/unit/*.test.ts"], testTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/*.test.ts"],
          globalSetup: "test/browser/service.ts",
          // One service and one browser, used by one file after the other.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
