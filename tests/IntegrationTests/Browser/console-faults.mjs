// Uses the console while requests fail, and says which promises it broke. Prints one line of JSON.
import { chromium } from "playwright-core";

const [origin, given] = process.argv.slice(2);
const { admin, manager } = JSON.parse(given);
const seen = { broken: [], errors: [] };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const context = await newContext();
  await signIn(context);

  await promise("A manager is shown as a manager, and keeps this role unless another one is chosen", context, async (page) => {
    await open(page, `/users?search=${manager.id}`);
    await page.getByRole("table", { name: "Users" }).getByRole("cell", { name: "manager", exact: true }).waitFor();
    await open(page, `/users/${manager.id}`);
    await page.locator(".facts dd", { hasText: /^manager$/ }).waitFor();
    await page.getByRole("button", { name: "Change the role" }).click();
    equal(await page.getByRole("dialog").getByLabel("Role").inputValue(), "manager");
  });

  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}

async function newContext() {
  const context = await browser.newContext({ locale: "en-GB" });
  context.setDefaultTimeout(10_000);
  context.on("weberror", (error) => seen.errors.push(error.error().message));
  return context;
}

/** Opens a page, and notes what is wrong on it. */
async function promise(name, context, work) {
  const page = await context.newPage();
  try {
    await work(page);
  } catch (failure) {
    seen.broken.push(`${name}: ${failure.message}`);
  } finally {
    await page.close();
  }
}

async function signIn(context) {
  const page = await context.newPage();
  await page.goto(`${origin}/console/`);
  await enterPassword(page);
  await page.locator("nav").waitFor();
  await page.close();
}

async function enterPassword(page) {
  await page.locator("input[name=login]").fill(admin.email);
  await page.locator("input[name=password]").fill(admin.password);
  await page.keyboard.press("Enter");
}

async function open(page, path) {
  await page.goto(`${origin}/console${path}`);
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
}

function equal(actual, expected) {
  const [one, other] = [actual, expected].map((value) => JSON.stringify(value));
  if (one !== other) {
    throw new Error(`${one} in place of ${other}.`);
  }
}
