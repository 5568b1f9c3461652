// Prints the dashboard of the caller: node dist/examples/dashboard.js https://api.example.com, with the access token in PORTICO_TOKEN.
import { createPorticoClient, type Schema } from "../src/index.js";

declare const process: { argv: string[]; env: Record<string, string | undefined>; exitCode: number };

const client = createPorticoClient(process.argv[2] ?? "http://localhost:5080", process.env["PORTICO_TOKEN"]);
const { data, error } = await client.GET("/api/v1/dashboard", { params: { query: { include: "profile,wallets" } } });
if (error) {
  console.error(`${error.status} ${error.code}: ${error.detail}`);
  process.exitCode = 1;
} else {
  // Each part may be missing: it was not asked for, or its service failed.
  const profile: Schema<"UserDto"> | null | undefined = data.profile;
  const wallets = (data.wallets?.items ?? []).map(({ wallet }) => `${wallet.name}: ${wallet.balance.amount} ${wallet.balance.currency}`);
  console.log(JSON.stringify({ name: profile?.displayName, wallets, failed: data.errors.map(({ part, code }) => `${part}: ${code}`) }));
}
