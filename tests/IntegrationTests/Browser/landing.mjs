// A guest gives a forecast on the landing page: address, code, forecast. Prints one line of JSON.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [origin, mailbox, email, title] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const context = await browser.newContext({ locale: "ru-RU", viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.text().includes("Content Security Policy") && errors.push(message.text()));

  await page.goto(`${origin}/landing/`);
  const heading = await page.getByRole("heading", { level: 1 }).innerText();
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  await page.getByLabel("Электронная почта").fill(email);
  await page.keyboard.press("Enter");
  await page.getByLabel("Код из шести цифр").waitFor();
  await page.getByLabel("Код из шести цифр").fill(await codeFor(email));
  await page.getByLabel("Ваше имя").fill("Гость");
  const refusals = [];
  page.on("response", (answer) => answer.status() >= 400 && refusals.push(`${answer.status()} ${answer.url()}`));
  await page.getByRole("button", { name: "Участвовать" }).dblclick();
  const choices = page.getByRole("group", { name: title });
  await choices.getByRole("button", { name: "Ничья" }).dblclick();
  await choices.locator("[aria-pressed=true]").waitFor();
  // The second thought changes the same forecast.
  await choices.getByRole("button", { name: "Победа первого" }).click();
  await choices.getByRole("button", { name: "Победа первого" }).and(page.locator("[aria-pressed=true]")).waitFor();
  const stored = await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length);
  const findings = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  console.log(JSON.stringify({ heading, stored, errors, findings, refusals }));
} finally {
  await browser.close();
}

/** The code in the message to an address, which the API writes into a folder in development. */
async function codeFor(address) {
  for (const until = Date.now() + 20_000; Date.now() < until;) {
    for (const file of readdirSync(mailbox).filter((name) => name.endsWith(".eml"))) {
      const text = readFileSync(join(mailbox, file), "utf8");
      const code = text.includes(address) && /(?<!\d)\d{6}(?!\d)/.exec(text.slice(text.indexOf("\r\n\r\n")));
      if (code) {
        return code[0];
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`No code for ${address} came.`);
}
