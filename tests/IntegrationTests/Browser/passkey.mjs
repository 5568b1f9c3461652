// Registers a passkey in Chromium's virtual authenticator and signs in with it twice. Prints one line of JSON.
import { chromium } from "playwright-core";

const [origin, accessToken] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  // The page of the API allows no script of its own to call the API.
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  await page.goto(origin);
  const devTools = await context.newCDPSession(page);
  await devTools.send("WebAuthn.enable");
  await devTools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });

  const seen = await page.evaluate(async (accessToken) => {
    const post = async (path, body, token) => {
      const answer = await fetch(`/api/v1/${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
        body: body && JSON.stringify(body),
      });
      return { status: answer.status, body: await answer.json() };
    };
    const made = await navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON((await post("users/me/passkeys/options", null, accessToken)).body),
    });
    const added = await post("users/me/passkeys", made.toJSON(), accessToken);
    // The browser finds the passkey without the name of a user.
    const signedIn = [];
    for (let n = 0; n < 2; n++) {
      const shown = await navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON((await post("auth/passkeys/options")).body),
      });
      signedIn.push(await post("auth/passkeys", shown.toJSON()));
    }
    return { added, signedIn };
  }, accessToken);
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
