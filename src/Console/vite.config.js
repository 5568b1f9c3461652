import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** What a browser loads before it shows the first page, compressed. */
const firstViewLimit = 60 * 1024;

/**
 * Fails the build when the first view needs more script than the limit.
 * @type {import("vite").Plugin}
 */
const scriptLimit = {
  name: "script-limit",
  generateBundle(_, bundle) {
    const first = new Set();
    const add = (name) => {
      const file = bundle[name];
      if (file?.type !== "chunk" || first.has(name)) {
        return;
      }
      first.add(name);
      file.imports.forEach(add);
    };
    for (const file of Object.values(bundle)) {
      if (file.type === "chunk" && file.isEntry) {
        add(file.fileName);
      }
    }
    const size = [...first].reduce((sum, name) => {
      const file = bundle[name];
      return sum + (file?.type === "chunk" ? gzipSync(file.code).length : 0);
    }, 0);
    if (size > firstViewLimit) {
      this.error(`The first view needs ${size} bytes of script (gzip), more than ${firstViewLimit}.`);
    }
    this.info(`The first view needs ${size} bytes of script (gzip).`);
  },
};

/** Where ./dev run serves the API. */
function api() {
  try {
    return JSON.parse(readFileSync(new URL("../../.dev/urls.json", import.meta.url), "utf8")).api;
  } catch {
    return "http://localhost:5080";
  }
}

export default defineConfig({
  base: "/console/",
  resolve: {
    alias: { "@portico/client": fileURLToPath(new URL("../../clients/typescript/src/index.ts", import.meta.url)) },
    // The client is outside of this folder, and its package is found from here.
    dedupe: ["openapi-fetch"],
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2022",
    // The policy of the page allows no data: URLs of scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [scriptLimit],
  server: { proxy: { "/api": api() } },
});
