// Uses the console while requests fail, and says which promises it broke. Prints one line of JSON.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [origin, given] = process.argv.slice(2);
const { admin, manager, walletId } = JSON.parse(given);
const seen = { broken: [], errors: [] };
const lost = problem(504, "timeout");

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  // A new page is a new process, so the promises share one page that is signed in and one that is not.
  const [operator, guest] = [await newPage(), await newPage()];
  await signIn(operator);

  await promise("A manager is shown as a manager, and keeps this role unless another one is chosen", operator, async (page) => {
    await open(page, `/users?search=${manager.id}`);
    await page.getByRole("table", { name: "Users" }).getByRole("cell", { name: "manager", exact: true }).waitFor();
    await open(page, `/users/${manager.id}`);
    await page.locator(".facts dd", { hasText: /^manager$/ }).waitFor();
    await page.getByRole("button", { name: "Change the role" }).click();
    equal(await page.getByRole("dialog").getByLabel("Role").inputValue(), "manager");
  });

  await promise("A deposit whose answer is lost is made once, however often it is submitted", operator, async (page) => {
    await open(page, `/wallets/${walletId}`);
    const keys = [];
    // The API makes the deposit, and its answers are lost.
    await page.route("**/api/v1/deposits", async (route) => {
      keys.push(await route.request().headerValue("Idempotency-Key"));
      await route.fetch();
      await route.fulfill(lost);
    });
    const dialog = await openDialog(page, "Deposit", { amount: "7", description: "Cash" });
    const submit = dialog.getByRole("button", { name: "Deposit" });
    for (const sent of [3, 6]) {
      await submit.click();
      await until(() => keys.length === sent);
      await dialog.getByRole("alert").getByText("504").waitFor();
    }
    await page.unroute("**/api/v1/deposits");
    const repeated = page.waitForRequest("**/api/v1/deposits");
    await submit.click();
    keys.push(await (await repeated).headerValue("Idempotency-Key"));
    await dialog.waitFor({ state: "detached" });
    equal([keys.length, new Set(keys).size], [7, 1]);
    await page.locator(".facts dd", { hasText: /^€27\.00$/ }).first().waitFor();
  });

  await promise("A withdrawal that was refused is another one when it is submitted again", operator, async (page) => {
    await open(page, `/wallets/${walletId}`);
    const keys = [];
    page.on("request", async (request) => {
      if (request.url().endsWith("/withdrawals")) {
        keys.push(await request.headerValue("Idempotency-Key"));
      }
    });
    const dialog = await openDialog(page, "Withdraw", { amount: "1000", description: "Cash" });
    for (let time = 1; time <= 2; time++) {
      const answered = page.waitForResponse("**/api/v1/withdrawals");
      await dialog.getByRole("button", { name: "Withdraw" }).click();
      equal((await answered).status(), 422);
      await dialog.getByRole("alert").getByText("insufficient_funds").waitFor();
    }
    equal(new Set(keys).size, 2);
  });

  await promise("After the code of the address the second factor is asked for by its own method", guest, async (page) => {
    const answers = [];
    await page.route("**/api/v1/session/login", (route) => route.fulfill(challenge("one", "addressCode")));
    await page.route("**/api/v1/session/login/challenge", (route) => {
      answers.push(route.request().postDataJSON());
      return route.fulfill(answers.length === 1 ? challenge("two", "totp", "recoveryCode") : lost);
    });
    await page.goto(`${origin}/console/`);
    await enterPassword(page);
    await page.getByLabel("Code sent to your address").fill("123456");
    await page.keyboard.press("Enter");
    await page.getByLabel("Code of the authenticator app").fill("654321");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    equal(answers, [
      { challengeId: "one", method: "addressCode", code: "123456" }, { challengeId: "two", method: "totp", code: "654321" },
    ]);
  });

  await promise("Whose role needs a second factor adds an app and signs in with its first code", guest, async (page) => {
    const answers = [];
    await page.route("**/api/v1/session/login", (route) => route.fulfill(challenge("one", "totpEnrolment")));
    await page.route("**/api/v1/auth/login/totp", (route) => route.fulfill({
      json: {
        secret: "MFRGG", uri: "otpauth://totp/Portico", qrCode: "<svg xmlns='http://www.w3.org/2000/svg'/>", recoveryCodes: ["abcd"],
      },
    }));
    await page.route("**/api/v1/session/login/challenge", (route) => {
      answers.push(route.request().postDataJSON());
      return route.fulfill(lost);
    });
    await page.goto(`${origin}/console/`);
    await enterPassword(page);
    await page.getByText("MFRGG").waitFor();
    await page.getByLabel("Code of the authenticator app").fill("654321");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    equal(answers, [{ challengeId: "one", method: "totp", code: "654321" }]);
  });

  await promise("A sign-out that failed is said to have failed", operator, async (page) => {
    await open(page, "/users");
    await page.route("**/api/v1/session/logout", (route) => route.fulfill(problem(503, "dependency_unavailable")));
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("alert").getByText("503").waitFor();
    equal(await page.locator("nav").isVisible(), true);
    await page.route("**/api/v1/session/logout", (route) => route.fulfill(problem(401, "unauthenticated")));
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.locator("input[name=login]").waitFor();
  });

  await promise("The limits of a currency are shown when it is typed, and those of other currencies stay", operator, async (page) => {
    const set = (...items) => page.evaluate(async ([url, items]) => {
      const headers = { "Content-Type": "application/json", "X-CSRF": "1" };
      const answer = await fetch(url, { method: "PUT", headers, body: JSON.stringify({ items }) });
      return answer.status;
    }, [`/api/v1/users/${manager.id}/limits`, items]);
    const perDay = (amount, currency) => ({ currency, perDay: { amount, currency } });
    const [euro, dollar, pound] = [perDay("100.00", "EUR"), perDay("200.00", "USD"), perDay("300.00", "GBP")];
    await open(page, "/users");
    equal(await set(euro, dollar), 200);
    await open(page, `/users/${manager.id}`);

    const dialog = await openDialog(page, "Set limits");
    const [currency, day] = ["Currency", "Per day"].map((label) => dialog.getByLabel(label));
    const shown = [await day.inputValue()];
    for (const code of ["JPY", "usd"]) {
      await currency.fill(code);
      shown.push(await day.inputValue());
    }
    equal(shown, ["100.00", "", "200.00"]);
    // Meanwhile somebody else sets another one.
    equal(await set(euro, dollar, pound), 200);
    await day.fill("250");
    await dialog.getByRole("button", { name: "Set limits" }).click();
    await dialog.waitFor({ state: "detached" });
    const rows = page.getByRole("table", { name: "Spending limits" }).getByRole("row");
    for (const amount of ["€100.00", "$250.00", "£300.00"]) {
      await rows.filter({ hasText: amount }).waitFor();
    }
  });

  await promise("A dialog stays when what it shows can't be loaded again", operator, async (page) => {
    await open(page, `/users/${manager.id}`);
    const url = `**/api/v1/users/${manager.id}/limits`;
    await page.route(url, (route) => route.fulfill(problem(503, "dependency_unavailable")));
    const dialog = await openDialog(page, "Set limits");
    await page.getByRole("alert").getByText("503").waitFor();
    await dialog.getByLabel("Per transfer").fill("55");
    await page.unroute(url);
    await dialog.getByRole("button", { name: "Set limits" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("table", { name: "Spending limits" }).getByText("€55.00").waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  await promise("A statement is saved when it came, and a failure is shown in place of a file", operator, async (page) => {
    await open(page, `/wallets/${walletId}`);
    // The form above has the same button, and is there before the wallet is.
    const statement = page.locator("section", { has: page.getByRole("heading", { name: "Statement" }) });
    await statement.getByRole("button", { name: "Show" }).click();
    const save = page.getByRole("button", { name: "Save as CSV" });
    await save.waitFor();
    const files = [];
    page.on("download", (file) => files.push(file));
    await page.route("**/statement*", (route) => route.fulfill(problem(503, "dependency_unavailable")));
    await save.click();
    await page.getByRole("alert").getByText("503").waitFor();
    await page.unroute("**/statement*");
    await save.click();
    await until(() => files.length > 0);
    equal([files.length, files[0].suggestedFilename()], [1, `${walletId}.csv`]);
    const text = readFileSync(await files[0].path(), "utf8");
    equal([text.includes("20.00"), text.includes("{")], [true, false]);
    await page.getByRole("alert").waitFor({ state: "detached" });

    await page.route("**/statement*", (route) => route.fulfill(problem(401, "unauthenticated")));
    await save.click();
    await page.locator("input[name=login]").waitFor();
  });

  await promise("A time that no calendar has is refused at its field, and the page goes on", operator, async (page) => {
    await open(page, "/audit");
    const from = page.getByLabel("From");
    await from.fill("20266-01-01T00:00");
    await page.getByRole("button", { name: "Show" }).click();
    equal(await from.evaluate((input) => input.validity.rangeOverflow), true);
    const asked = page.waitForRequest("**/api/v1/audit?from=*");
    await from.fill("2026-01-01T00:00");
    await page.getByRole("button", { name: "Show" }).click();
    await asked;
  });

  await promise("A failure to read more of a list ends with this list", operator, async (page) => {
    const list = (nextCursor) => ({ json: { items: [], nextCursor } });
    await page.route("**/api/v1/audit*", (route) => {
      const query = new URL(route.request().url()).searchParams;
      return route.fulfill(query.has("cursor") ? problem(503, "dependency_unavailable") : list(query.has("action") ? null : "next"));
    });
    await open(page, "/audit");
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("alert").getByText("503").waitFor();
    await page.getByLabel("Action").fill("user.blocked");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "More" }).waitFor({ state: "detached" });
  });

  await promise("The settlement of an event is followed although one look fails", operator, async (page) => {
    const answers = [event("settling"), problem(503, "dependency_unavailable")];
    await page.route("**/api/v1/events/1", (route) => route.fulfill(answers.shift() ?? event("settled")));
    await page.route("**/api/v1/events/1/*", (route) => route.fulfill({ json: { items: [], nextCursor: null } }));
    await open(page, "/events/1");
    await page.locator(".badge", { hasText: "settled" }).waitFor();
    equal(answers, []);
  });

  await promise("A new role is shown when its session is told, also after a proxy has refused the stream", operator, async (page) => {
    const session = await (await page.context().request.get(`${origin}/api/v1/session`)).json();
    const told = { ...session, permissions: ["audit.read"] };
    const answers = [{ status: 502 }, stream("session", told)];
    await page.route("**/api/v1/session/events", (route) => route.fulfill(answers.shift() ?? stream("session", told)));
    await open(page, "/audit");
    await page.getByRole("navigation").getByRole("link", { name: "Users" }).waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Users" }).waitFor({ state: "detached" });
    equal(await page.getByRole("navigation").getByRole("link").count(), 1);
  });

  await promise("A session that ended while its stream was broken is shown as a sign-out", operator, async (page) => {
    await page.route("**/api/v1/session/events", async (route) => {
      await page.route("**/api/v1/session", (route) => route.fulfill(problem(401, "unauthenticated")));
      await route.fulfill(problem(401, "unauthenticated"));
    });
    await page.goto(`${origin}/console/audit`);
    await page.locator("input[name=login]").waitFor();
  });

  await promise("The way back from the first page leads out of the console", operator, async (page) => {
    await page.route("**/api/v1/session", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...await answer.json(), permissions: ["audit.read"] } });
    });
    await page.route("**/api/v1/session/events", (route) => route.abort());
    await page.goto("about:blank");
    await page.goto(`${origin}/console/`);
    await page.waitForURL("**/console/audit");
    await page.goBack();
    equal(page.url(), "about:blank");
  });

  await promise("Pages that could not be loaded can be asked for again", operator, async (page) => {
    await page.route("**/console/assets/console-*.js", (route) => route.abort());
    await page.goto(`${origin}/console/users`);
    await page.getByRole("alert").waitFor();
    await page.unroute("**/console/assets/console-*.js");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("nav").waitFor();
  });

  for (const [error, text] of [
    ["access_denied", "You did not allow"], ["provider_unavailable", "does not answer"], ["sign_in_failed", "failed"],
    ["toString", "failed"],
  ]) {
    await promise(`A sign-in with a provider that ended with ${error} says so`, guest, async (page) => {
      await page.goto(`${origin}/console/?error=${error}`);
      await page.getByRole("alert").getByText(text).waitFor();
      equal(new URL(page.url()).search, "");
    });
  }

  await promise("A session that could not be asked for is not shown as a sign-out", operator, async (page) => {
    await page.route("**/api/v1/session", (route) => route.fulfill(problem(503, "dependency_unavailable")));
    await page.goto(`${origin}/console/users`);
    await page.getByRole("alert").getByText("503").waitFor();
    equal(await page.locator("input[name=login]").count(), 0);
    await page.unroute("**/api/v1/session");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("nav").waitFor();
  });

  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}

/** A page with cookies of its own. */
async function newPage() {
  const context = await browser.newContext({ locale: "en-GB" });
  context.setDefaultTimeout(30_000);
  context.on("weberror", (error) => seen.errors.push(error.error().message));
  return await context.newPage();
}

/** Notes what is wrong on a page, whose requests fail until the end of this promise only. */
async function promise(name, page, work) {
  try {
    await work(page);
  } catch (failure) {
    seen.broken.push(`${name}: ${failure.message}`);
  }
  await page.unrouteAll({ behavior: "ignoreErrors" });
  for (const kind of ["request", "download"]) {
    page.removeAllListeners(kind);
  }
}

async function signIn(page) {
  await page.goto(`${origin}/console/`);
  await enterPassword(page);
  await page.locator("nav").waitFor();
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

async function openDialog(page, name, values = {}) {
  await page.getByRole("main").getByRole("button", { name, exact: true }).click();
  const dialog = page.getByRole("dialog");
  for (const [field, value] of Object.entries(values)) {
    await dialog.locator(`[name=${field}]`).fill(value);
  }
  return dialog;
}

async function until(condition) {
  for (const end = Date.now() + 10_000; !condition();) {
    if (Date.now() > end) {
      throw new Error(`It never was so: ${condition}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function challenge(challengeId, ...methods) {
  return { status: 202, json: { challengeId, methods, expiresIn: 600 } };
}

/** An event stream with one event, which is not asked for again in this test. */
function stream(name, data) {
  return { contentType: "text/event-stream", body: `retry: 60000\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n` };
}

/** A sports event in a state. */
function event(status) {
  return {
    json: {
      id: "1", title: "Final", status, closesAt: null, result: "draw", resultSetAt: "2026-01-01T00:00:00.000Z", version: "1",
    },
  };
}

function problem(status, code) {
  return {
    status, contentType: "application/problem+json", headers: { "Retry-After": "0" },
    body: JSON.stringify({ type: "about:blank", title: "", status, detail: code, instance: "", code, traceId: "0" }),
  };
}

function equal(actual, expected) {
  const [one, other] = [actual, expected].map((value) => JSON.stringify(value));
  if (one !== other) {
    throw new Error(`${one} in place of ${other}.`);
  }
}
