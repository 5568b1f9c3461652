// Uses the console as an administrator, a manager and a user, and says what was wrong. Prints one line of JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { totp } from "./totp.mjs";

const [origin, given, pictures] = process.argv.slice(2);
const {
  admin, manager, user, target, sleeper, walletId, transferId, holdId, orderId, payment, report, totp: app,
} = JSON.parse(given);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 900 };

const seen = { pages: {}, findings: [], errors: [], overflow: [], failures: [], acts: [], stored: [], script: 0 };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  await asOperator("admin", admin, { locale: "en-GB", colorScheme: "light" }, async (page) => {
    const userPage = `/users/${target.id}`;
    await open(page, userPage);
    await check(page, "user page");
    await act(page, "Change the role", { role: "manager" });
    await act(page, "Change the role", { role: "user" });
    await act(page, "End all sessions", { reason: "To be sure" }, /Sessions that will end: 1/);
    await act(page, "Block", { reason: "A stolen device" }, /Sessions that will end: 0/);
    await act(page, "Unblock", { reason: "It was found" });
    await act(page, "Reset second factors", { reason: "A lost phone" }, /Sessions that will end: 0/);
    await act(page, "Delete", { reason: "Asked for it" }, /Sessions that will end: 0/);
    await act(page, "Restore", { reason: "Changed their mind" });
    // The audit of the user has the reasons.
    await page.locator("ins", { hasText: "Changed their mind" }).waitFor();

    await open(page, "/sessions");
    await page.getByLabel("Id of the user").fill(sleeper.id);
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("heading", { name: "Sessions found: 1" }).waitFor();
    await act(page, "End these sessions", { reason: "A walk" }, /Sessions that will end: 1/);
    await page.getByText("Sessions ended: 1").waitFor();

    for (const [name, does, after] of [["welcome", "Replay", "done"], ["test", "Drop", "none"]]) {
      await open(page, "/dead-letters");
      await page.getByRole("link", { name, exact: true }).click();
      await check(page, `dead letter ${name}`);
      await act(page, does, { reason: "Repaired" }, /1 dead letter/, after);
    }

    await open(page, "/signing-keys");
    await act(page, "Rotate", { reason: "A walk" }, /Tokens stay valid/);
    await act(page, "Drop", { reason: "It was seen on a screen" }, /Tokens that it signed are valid until/);
    // The session goes on with the next key.
    await open(page, "/");
    await page.getByText("live", { exact: true }).waitFor();
    await page.locator(".plot canvas").waitFor();

    await open(page, `/orders/${orderId}`);
    await page.getByRole("table", { name: "Lines" }).getByRole("cell", { name: "25.00" }).waitFor();
    await check(page, "order");

    await open(page, "/payments");
    await page.getByLabel("State").selectOption("succeeded");
    await page.getByLabel("Provider").selectOption("stripe");
    await page.getByRole("button", { name: "Show" }).click();
    await page.locator(`a[href$="/payments/${payment.id}"]`).click();
    await settled(page);
    await act(page, "Refund", { amount: "10", reason: "One of the two was broken" }, /Refunded so far: €0.00/);
    await page.getByRole("table", { name: "Refunds" }).getByText("One of the two was broken").waitFor();
    await check(page, "payment");

    await open(page, "/webhooks");
    await page.getByLabel("State").selectOption("failed");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("row").filter({ hasText: payment.unknownId }).getByText("No payment with this id is known").waitFor();
    await settled(page);
    await act(page, "Retry", { reason: "It may be known now" }, /1 notification: payment_intent.succeeded/);

    await open(page, "/reconciliations");
    const hour = 3_600_000;
    await page.getByLabel("From (UTC)").fill(new Date(Date.now() - hour).toISOString().slice(0, 16));
    await page.getByLabel("To (UTC").fill(new Date(Date.now() + hour).toISOString().slice(0, 16));
    await page.getByLabel("Report (CSV)").setInputFiles({ name: "report.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\n1,2\n") });
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByRole("alert").getByText("invalid_report").waitFor();
    await page.getByLabel("Report (CSV)").setInputFiles({ name: "report.csv", mimeType: "text/csv", buffer: Buffer.from(report) });
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByRole("heading", { name: "Reconciliation", exact: true }).waitFor();
    await page.getByLabel("Kind").selectOption("wrongAmount");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("table", { name: "Differences" }).getByText(payment.providerId).waitFor();
    await page.getByRole("table", { name: "Differences" }).getByText("pi_other").waitFor({ state: "detached" });
    await check(page, "reconciliation");
    seen.acts.push("Compare");

    await open(page, "/users");
    await page.getByLabel("Name, e-mail, phone or id").fill(target.email.slice(0, 20));
    await page.getByRole("main").getByRole("button", { name: "Search" }).click();
    await page.getByRole("link", { name: target.name }).first().click();
    await page.getByRole("heading", { level: 1, name: target.name }).waitFor();
    await open(page, "/audit");
    await page.getByLabel("Whom or what").fill(target.id);
    await page.getByRole("button", { name: "Show" }).click();
    await settled(page);
    await open(page, "/ledger");
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByText("Every balance").first().waitFor();
    await page.getByRole("cell").first().waitFor();
  });

  await asOperator("manager", manager, { locale: "ru-RU", colorScheme: "dark", app }, async (page) => {
    await open(page, `/wallets/${walletId}`);
    await page.locator(".plot canvas").waitFor();
    await check(page, "wallet");
    await act(page, "Пополнить", { amount: "5,5", description: "Наличные" }, /Сейчас доступно/);
    await act(page, "Списать", { amount: "2", description: "Наличные" }, /Сейчас доступно/);
    await act(page, "Задать лимиты", { perTransfer: "100" });
    await page.getByLabel("Id перевода").fill(transferId);
    await page.getByRole("button", { name: "Показать" }).nth(1).click();
    await act(page, "Сторнировать", { description: "Ошибка" }, /обратный перевод/);
    await page.getByText("Сторнировано").waitFor();
    await page.getByLabel("Id удержания").fill(holdId);
    await page.getByRole("button", { name: "Показать" }).nth(2).click();
    await page.getByText("Остаток").waitFor();

    await open(page, "/orders");
    await page.getByRole("link").filter({ hasText: "…" }).first().click();
    await page.getByRole("table", { name: "Позиции" }).waitFor();

    await open(page, `/payments/${payment.id}`);
    await act(page, "Вернуть", { amount: "1,5", reason: "Скидка" }, /Уже возвращено/);
    await open(page, "/webhooks");
    await act(page, "Повторить", { reason: "Проверка" }, /1 уведомление/);

    await open(page, "/events");
    await act(page, "Новое событие", { title: "Спартак — Динамо" }, undefined, "none");
    await page.getByRole("heading", { level: 1, name: "Спартак — Динамо" }).waitFor();
    await check(page, "event");
    await act(page, "Изменить", { title: "Спартак — Зенит" });
    await act(page, "Закрыть", {}, /Затронуто прогнозов: 0/);
    await act(page, "Внести результат", { outcome: "win1" }, /Затронуто прогнозов: 0/);
    await page.getByText("settled", { exact: true }).waitFor();

    await open(page, "/events");
    await act(page, "Новое событие", { title: "Отменённый матч" }, undefined, "none");
    await act(page, "Удалить", {}, /Затронуто прогнозов: 0/, "none");

    // What is wrong is said at its field.
    await open(page, "/events");
    await page.getByRole("button", { name: "Новое событие" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Название").fill(" ");
    await dialog.getByRole("button", { name: "Новое событие" }).click();
    await dialog.locator("small.error").waitFor();
  });

  await asOperator("user", user, { locale: "en-GB", colorScheme: "light" }, async (page) => {
    await page.getByRole("heading", { name: "the console is for operators" }).waitFor();
    await check(page, "refused");
  });

  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}

/** Signs in through the page, walks every page of the menu, does something, and signs out. */
async function asOperator(role, { email, password }, { locale, colorScheme, app: second }, work) {
  const context = await browser.newContext({ locale, colorScheme, viewport: desk });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => seen.errors.push(`${role}: ${error.message}`));
  page.on("console", (message) => message.text().includes("Content Security Policy") && seen.errors.push(`${role}: ${message.text()}`));
  // What the first view loads; the cache has the rest.
  const scripts = [];
  page.on("requestfinished", (request) => request.resourceType() === "script" && scripts.push(request.sizes()));

  await page.goto(`${origin}/console/`);
  await page.locator("input[name=login]").waitFor();
  seen.script ||= (await Promise.all(scripts)).reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
  await check(page, `${role}: sign in`);
  await page.locator("input[name=login]").fill(email);
  await page.locator("input[name=password]").fill(password);
  await page.keyboard.press("Enter");
  if (second) {
    await page.locator("#method").selectOption("totp");
    await page.locator("input[name=code]").fill(totp(second.secret));
    await page.keyboard.press("Enter");
  }
  await page.locator("nav").waitFor();

  const links = await page.locator("nav a").evaluateAll((all) => all.map((link) => link.getAttribute("href").slice("/console".length)));
  seen.pages[role] = links;
  for (const link of links) {
    await open(page, link);
    await check(page, `${role}: ${link}`);
    const failure = await page.locator(".failure").count() > 0 ? await page.locator(".failure").first().innerText() : "";
    if (failure) {
      seen.failures.push(`${role}: ${link}: ${failure}`);
    }
  }
  await work(page);

  seen.stored.push(...await page.evaluate(
    () => [...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie].filter(Boolean)));
  await page.keyboard.press("Escape");
  await page.goto(`${origin}/console/`);
  await page.locator(".bar > button").last().click();
  await page.locator("input[name=login]").waitFor();
  await context.close();
}

async function open(page, path) {
  await page.goto(`${origin}/console${path}`);
  await settled(page);
}

/** Waits until nothing is loading. */
async function settled(page) {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
}

/** Does what a button offers: its dialog shows what is concerned, takes a reason, and closes when it is done. */
async function act(page, name, values, preview, after = "done") {
  await page.getByRole("main").getByRole("button", { name, exact: true }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  if (preview) {
    await dialog.getByRole("status").filter({ hasText: preview }).waitFor();
  }
  for (const [field, value] of Object.entries(values)) {
    const input = dialog.locator(`[name=${field}]`);
    await (await input.evaluate((element) => element.tagName) === "SELECT" ? input.selectOption(value) : input.fill(value));
  }
  await dialog.getByRole("button", { name, exact: true }).click();
  try {
    await dialog.waitFor({ state: "detached" });
    if (after === "done") {
      await page.locator(".done:not(:empty)").first().waitFor();
    }
    seen.acts.push(name);
  } catch {
    seen.failures.push(`${name}: ${await dialog.innerText().catch(() => "no message")}`);
    await page.keyboard.press("Escape");
  }
}

/** Looks for findings of axe, and for what is too wide on a phone. */
async function check(page, name) {
  await page.setViewportSize(phone);
  const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
  if (width > phone.width) {
    seen.overflow.push(`${name}: ${width}`);
  }
  if (pictures) {
    await page.screenshot({ path: `${pictures}/${name.replace(/\W+/g, "-")}-phone.png`, fullPage: true });
  }
  await page.setViewportSize(desk);
  if (pictures) {
    await page.screenshot({ path: `${pictures}/${name.replace(/\W+/g, "-")}.png`, fullPage: true });
  }
  // The policy of the page allows no script but its own; the debugger may run one.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of violations.filter(({ impact }) => impact === "serious" || impact === "critical")) {
    seen.findings.push(`${name}: ${violation.id}: ${violation.nodes[0].html.slice(0, 160)}`);
  }
}
