// Verifies access tokens of Portico with nothing but its address: discovery, then JWKS, then the token.
//
//   node verify.mjs <issuer> <audience> <token>      prints the verdict; exits with 1 when it is no
//   node verify.mjs <issuer> <audience> < tokens     reads {"name": "token", …}, prints {"name": verdict, …}
//
// A verdict is {"ok": true, "claims": {…}} or {"ok": false, "code": "ERR_…"}.
import { text } from 'node:stream/consumers';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

const [issuer, audience, token] = process.argv.slice(2);
if (!issuer || !audience) {
  console.error('usage: node verify.mjs <issuer> <audience> [token]');
  process.exit(2);
}

const keys = await discover(issuer);
if (token) {
  const verdict = await verify(token);
  console.log(JSON.stringify(verdict));
  process.exitCode = verdict.ok ? 0 : 1;
} else {
  const verdicts = {};
  for (const [name, named] of Object.entries(JSON.parse(await text(process.stdin)))) {
    verdicts[name] = await verify(named);
  }
  console.log(JSON.stringify(verdicts));
}

async function discover(issuer) {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) {
    throw new Error(`Discovery at ${response.url} answered ${response.status}.`);
  }
  const metadata = await response.json();
  if (metadata.issuer !== issuer) {
    throw new Error(`Discovery names the issuer ${metadata.issuer} instead of ${issuer}.`);
  }
  return createRemoteJWKSet(new URL(metadata.jwks_uri));
}

async function verify(token) {
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, audience, typ: 'at+jwt', algorithms: ['RS256', 'ES256'] });
    return { ok: true, claims: payload };
  } catch (error) {
    if (error instanceof errors.JOSEError) {
      return { ok: false, code: error.code };
    }
    throw error;
  }
}
