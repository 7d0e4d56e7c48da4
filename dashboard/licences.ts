import { readFileSync } from "node:fs";

import type { Plugin } from "vite";

const ROOT = new URL("../", import.meta.url);
const GOOGLE = "node_modules/@bufbuild/protobuf/dist/esm/wire/varint.js";

/**
 * The licences that bundled packages name and do not bring along: Apache 2.0, and Google's on a
 * part of protobuf, which stands at the head of that part.
 */
export function licences(): Plugin {
  return {
    name: "licences",
    generateBundle() {
      const apache = readFileSync(new URL("LICENSE-APACHE", ROOT), "utf8");
      const google = readFileSync(new URL(GOOGLE, import.meta.url), "utf8");
      const head = google.match(/^(?:\/\/.*\n)+/)?.[0].replaceAll(/^\/\/ ?/gm, "");
      if (!head?.includes("Copyright 2008 Google")) throw new Error(`no licence in ${GOOGLE}`);
      this.emitFile({ type: "asset", fileName: "licence-apache-2.0.txt", source: apache });
      this.emitFile({ type: "asset", fileName: "licence-protobuf-varint.txt", source: head });
    },
  };
}
