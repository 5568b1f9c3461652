// Signs in by the cookie in Chromium, and says what the browser kept, sent and was told. Prints one line of JSON.
import { chromium } from "playwright-core";

const [origin, sibling, foreign, email, password] = process.argv.slice(2);
const session = `${origin}/api/v1/session`;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const one = await context.newPage();
  await one.goto(origin);

  const call = (page, method, url, headers, body) => page.evaluate(async ([method, url, headers, body]) => {
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), credentials: "include" });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  }, [method, url, headers, body]);
  const json = { "Content-Type": "application/json", "X-CSRF": "1" };

  const signedIn = await call(one, "POST", `${session}/login`, json, { email, password });
  const [cookie] = await context.cookies(origin);
  const script = await one.evaluate(() => document.cookie);

  const two = await context.newPage();
  await two.goto(origin);
  for (const page of [one, two]) {
    await page.evaluate((url) => new Promise((resolve, reject) => {
      const events = new EventSource(url);
      window.signedOut = new Promise((told) => events.addEventListener("signedOut", () => { events.close(); told(Date.now()); }));
      events.addEventListener("session", resolve);
      events.addEventListener("error", () => reject(new Error("The stream failed.")));
    }), `${session}/events`);
  }

  // What pages of other origins send: a form, and a script that does not read the answer.
  const forged = {};
  for (const [name, from] of [["sibling", sibling], ["foreign", foreign]]) {
    const page = await context.newPage();
    await page.goto(from);
    const answered = context.waitForEvent("response", (response) => response.url() === `${session}/logout`);
    await page.evaluate((url) => fetch(url, { method: "POST", mode: "no-cors", credentials: "include" }), `${session}/logout`);
    const byScript = await answered;
    // The proxy tells what the browser sends to this host.
    const sent = await page.evaluate((url) => fetch(url, { credentials: "include" }).then((answer) => answer.text()), `${origin}/sent`);
    const navigated = page.waitForResponse((response) => response.url() === `${session}/logout`);
    await page.evaluate((url) => {
      const form = document.createElement("form");
      [form.method, form.action] = ["POST", url];
      document.body.append(form);
      form.submit();
    }, `${session}/logout`);
    const read = await context.newPage();
    await read.goto(from);
    const readable = await read.evaluate((url) => fetch(url, { credentials: "include" }).then(() => true, () => false), session);
    forged[name] = {
      script: byScript.status(), form: (await navigated).status(), site: sent.split(" ")[0],
      sentCookie: sent.includes(`${cookie.name}=${cookie.value}`), readable,
    };
  }

  const still = await call(one, "GET", session, {});
  const ended = Date.now();
  const signedOut = await call(one, "POST", `${session}/logout`, json);
  const told = await Promise.all([one, two].map((page) => page.evaluate(() => window.signedOut)));
  const after = await call(two, "GET", session, {});
  const left = await context.cookies(origin);
  console.log(JSON.stringify({
    signedIn, cookie, script, forged, still: still.status, signedOut: signedOut.status, after: after.status, left: left.length,
    milliseconds: Math.max(...told) - ended,
  }));
} finally {
  await browser.close();
}
