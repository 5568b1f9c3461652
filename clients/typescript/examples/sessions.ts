// Uses what the client adds to the operations: node dist/examples/sessions.js https://api.example.com, with a refresh token in
// PORTICO_REFRESH_TOKEN, and two wallets of the caller in PORTICO_WALLETS.
import {
  addMoney, createPorticoClient, createTokenSource, dataOf, formatMoney, isProblem, items, parseMoney, sendOnce,
} from "../src/index.js";

declare const process: { argv: string[]; env: Record<string, string | undefined> };

const baseUrl = process.argv[2] ?? "http://localhost:5080";
const [fromWalletId = "", toWalletId = ""] = (process.env["PORTICO_WALLETS"] ?? "").split(",");

// The access token is not known, so the first requests renew it: one of them asks, the others wait for it.
const source = createTokenSource(baseUrl);
await source.take({
  accessToken: "unknown", tokenType: "Bearer", expiresIn: 0, refreshExpiresIn: 0, sessionId: "",
  refreshToken: process.env["PORTICO_REFRESH_TOKEN"] ?? "",
});
const tokens = new Set(await Promise.all(Array.from({ length: 8 }, () => source.accessToken())));

const client = createPorticoClient(baseUrl, source);

// The server refuses a token that looks good to the source, and the request is repeated with a new one.
const current = await source.accessToken();
const renewed = await source.renew(current ?? "");

const amount = parseMoney("1,5", "EUR", 2);
if (!amount) {
  throw new Error("1,5 is an amount.");
}
const first = await dataOf(sendOnce((key) => client.POST("/api/v1/transfers", {
  params: { header: { "Idempotency-Key": key } },
  body: { fromWalletId, toWalletId, amount },
})));
// The same key again moves nothing more.
const replayed = await sendOnce((key) => client.POST("/api/v1/transfers", {
  params: { header: { "Idempotency-Key": key } },
  body: { fromWalletId, toWalletId, amount },
}), 3, "the-same-key");
const again = await sendOnce((key) => client.POST("/api/v1/transfers", {
  params: { header: { "Idempotency-Key": key } },
  body: { fromWalletId, toWalletId, amount },
}), 3, "the-same-key");

const refused = await client.POST("/api/v1/transfers", {
  params: { header: { "Idempotency-Key": crypto.randomUUID() } },
  body: { fromWalletId, toWalletId, amount: { amount: "1000000.00", currency: "EUR" } },
});
// The union of problems knows the status of each code.
const status: 422 | undefined = isProblem(refused.error, "insufficient_funds") ? refused.error.status : undefined;

// Pages of one entry each, so that there are several.
let sum = { amount: "0.00", currency: "EUR" };
let entries = 0;
for await (const entry of items((cursor) => client.GET("/api/v1/wallets/{id}/entries", {
  params: { path: { id: toWalletId }, query: { limit: 1, ...(cursor !== undefined && { cursor }) } },
}))) {
  sum = addMoney(sum, entry.amount);
  entries++;
}

console.log(JSON.stringify({
  tokens: tokens.size, renewed: renewed !== current, status, entries, sum: formatMoney(sum, "en"),
  replayed: again.response.headers.get("Idempotency-Replayed") === "true" && replayed.data?.id === again.data?.id,
  distinct: first.id !== again.data?.id,
}));
