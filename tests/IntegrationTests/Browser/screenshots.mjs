// Makes the images of the console from a running ./dev run: node screenshots.mjs FOLDER_OF_THE_RUN FOLDER_OF_IMAGES
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [run, images] = process.argv.slice(2);
const { api } = JSON.parse(readFileSync(join(run, "urls.json"), "utf8"));
const users = JSON.parse(readFileSync(join(run, "demo.json"), "utf8"));
const admin = users.find(({ role }) => role === "admin");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 });
  const page = await context.newPage();
  await page.goto(`${api}/console/`);
  await page.getByLabel("E-mail or phone").fill(admin.email);
  await page.getByLabel("Password").fill(admin.password);
  await page.keyboard.press("Enter");
  await page.locator("nav").waitFor();

  const links = await page.locator("nav a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  await take("users");
  if (links.includes("/console/")) {
    // The plot needs some values.
    await page.goto(`${api}/console/`);
    await page.locator(".plot canvas").waitFor();
    await page.waitForTimeout(20_000);
    await page.screenshot({ path: join(images, "console-overview.png") });
  }
  await take("ledger");

  async function take(name) {
    await page.goto(`${api}/console/${name}`);
    await page.locator("table").first().waitFor();
    await page.waitForFunction(
      () => document.querySelector("[aria-busy=true]") === null && !document.body.innerText.includes("Loading …"));
    await page.screenshot({ path: join(images, `console-${name}.png`) });
  }
} finally {
  await browser.close();
}
