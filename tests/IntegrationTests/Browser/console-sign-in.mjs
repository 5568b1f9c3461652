// Signs operators in to the console in every way that it offers. Prints one line of JSON.
import { chromium } from "playwright-core";
import { totp } from "./totp.mjs";

const [origin, given] = process.argv.slice(2);
const { withApp, withPasskey, account } = JSON.parse(given);
const seen = { signIns: [], errors: [], stored: [] };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  await inBrowser(async (page) => {
    await password(page, withApp);
    await proof(page, "totp", totp(withApp.totp.secret));
    await signedIn(page, "totp");
    await password(page, withApp);
    await proof(page, "recoveryCode", withApp.totp.recoveryCode);
    await signedIn(page, "recoveryCode");
  });

  await inBrowser(async (page, context) => {
    const devTools = await context.newCDPSession(page);
    await devTools.send("WebAuthn.enable");
    await devTools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    const status = await page.evaluate(async (token) => {
      const post = (path, body) => fetch(`/api/v1/users/me/${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
        body: body && JSON.stringify(body),
      });
      const options = PublicKeyCredential.parseCreationOptionsFromJSON(await (await post("passkeys/options")).json());
      return (await post("passkeys", (await navigator.credentials.create({ publicKey: options })).toJSON())).status;
    }, withPasskey.token);
    if (status !== 201) {
      throw new Error(`The passkey was answered with ${status}.`);
    }
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await signedIn(page, "passkey");
    await password(page, withPasskey);
    await page.locator("#method").selectOption("passkey");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await signedIn(page, "password and passkey");
  });

  await inBrowser(async (page) => {
    await page.getByRole("link", { name: "Google" }).click();
    await page.getByLabel("Account").fill(account);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.locator("nav").waitFor();
    if (new URL(page.url()).search !== "") {
      seen.errors.push(`The code stayed in ${page.url()}.`);
    }
    await signedIn(page, "google");
  });

  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}

/** Opens the console in a browser of its own. */
async function inBrowser(work) {
  const context = await browser.newContext({ locale: "en-GB" });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("console", (message) => message.text().includes("Content Security Policy") && seen.errors.push(message.text()));
  await page.goto(`${origin}/console/`);
  await page.locator("input[name=login]").waitFor();
  await work(page, context);
  seen.stored.push(...await page.evaluate(
    () => [...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie].filter(Boolean)));
  await context.close();
}

async function password(page, { email, password }) {
  await page.locator("input[name=login]").fill(email);
  await page.locator("input[name=password]").fill(password);
  await page.keyboard.press("Enter");
}

async function proof(page, method, code) {
  await page.locator("#method").selectOption(method);
  await page.locator("input[name=code]").fill(code);
  await page.keyboard.press("Enter");
}

/** Waits for the menu, and signs out. */
async function signedIn(page, way) {
  await page.locator("nav").waitFor();
  seen.signIns.push(way);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.locator("input[name=login]").waitFor();
}
