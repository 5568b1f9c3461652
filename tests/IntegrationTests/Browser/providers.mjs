// Signs in with each provider in Chromium, in tabs that are open at the same time. Prints one line of JSON.
import { chromium } from "playwright-core";

const [origin, returnUrl, ...people] = process.argv.slice(2);
const api = `${origin}/api/v1`;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  // The frontend is a page of the origin of the API, whose pages allow no script to call the API.
  const context = await browser.newContext({ bypassCSP: true });

  const tabs = [];
  for (const one of people) {
    const [provider, person] = one.split("=");
    const page = await context.newPage();
    await page.goto(`${api}/auth/oauth/${provider}/start?returnUrl=${encodeURIComponent(returnUrl)}`);
    tabs.push({ provider, person, page, at: new URL(page.url()) });
  }

  const flowCookies = (await context.cookies(api)).filter((cookie) => cookie.name.includes("portico-oauth"));
  const seen = {};
  // The tab that was opened first is used last.
  for (const { provider, person, page, at } of tabs.reverse()) {
    await page.getByLabel("Account").fill(person);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForURL((url) => url.href.startsWith(returnUrl));
    const end = new URL(page.url());
    const exchanged = await page.evaluate(async ([url, code]) => {
      const send = async () => {
        const answer = await fetch(url, {
          method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }),
        });
        return { status: answer.status, body: await answer.json() };
      };
      return { first: await send(), second: await send(), stored: localStorage.length + sessionStorage.length, cookies: document.cookie };
    }, [`${api}/auth/oauth/exchange`, end.searchParams.get("code")]);
    seen[provider] = { providerHost: at.hostname, parameters: [...end.searchParams.keys()], ...exchanged };
  }

  const left = (await context.cookies(api)).filter((cookie) => cookie.name.includes("portico-oauth"));
  console.log(JSON.stringify({ flowCookies, seen, left: left.length }));
} finally {
  await browser.close();
}
