// Writes src/errors.ts from the list of errors: node scripts/errors.mjs ../../docs/api/errors.md [output]
import { readFileSync, writeFileSync } from "node:fs";

const [source, output = "src/errors.ts"] = process.argv.slice(2);
const statuses = new Map();
for (const [, code, status] of readFileSync(source, "utf8").matchAll(/^\| `([a-z0-9_]+)` \| (\d{3}) \|/gm)) {
  statuses.set(code, [...(statuses.get(code) ?? []), Number(status)]);
}
if (statuses.size === 0) {
  throw new Error(`${source} lists no codes.`);
}

const rows = [...statuses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, all]) => `  ${code}: ${[...new Set(all)].join(" | ")};`);
writeFileSync(output, `// Generated from docs/api/errors.md by ./dev client.

/** The stable code of each error, and the HTTP status that it comes with. */
export interface ErrorStatuses {
${rows.join("\n")}
}
`);
