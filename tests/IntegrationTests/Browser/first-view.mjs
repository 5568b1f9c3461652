// Opens the console in new browsers, one after the other, and says what the first view took. Prints one line of JSON.
import { chromium } from "playwright-core";

const [origin, times] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const views = [];
  for (let n = 0; n < Number(times); n++) {
    // Without cookies and with an empty cache.
    const context = await browser.newContext({ locale: "en-GB" });
    const page = await context.newPage();
    const requests = [];
    page.on("request", (request) => requests.push(new URL(request.url()).pathname));
    const started = Date.now();
    await page.goto(`${origin}/console/`, { waitUntil: "commit" });
    await page.locator("input[name=login]").waitFor();
    const milliseconds = Date.now() - started;
    // What the browser itself saw, from the begin of the navigation.
    const { painted, parts } = await page.evaluate(() => ({
      painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
      parts: performance.getEntriesByType("resource").map(({ name, startTime, responseEnd }) =>
        ({ name: new URL(name).pathname, begin: Math.round(startTime), end: Math.round(responseEnd) })),
    }));
    views.push({ milliseconds, painted, requests, parts });
    await context.close();
  }
  console.log(JSON.stringify(views));
} finally {
  await browser.close();
}
