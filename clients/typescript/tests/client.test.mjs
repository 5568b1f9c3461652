// Tests the client against answers that are made up: npm test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createBrowserClient, createPorticoClient, createSubmission, createTokenSource, memoryStore } from "../dist/src/index.js";

/** An answer with a status; the next attempt need not wait. */
function answer(status) {
  return { response: new Response(null, { status, headers: { "Retry-After": "0" } }) };
}

function problem(status, code, headers = {}) {
  return Response.json({ status, code, detail: "" }, { status, headers });
}

test("The same values keep their key until their outcome is known", async () => {
  const submit = createSubmission(2);
  const keys = [];
  const send = (...outcomes) => async (key) => {
    keys.push(key);
    const outcome = outcomes.shift();
    if (outcome === undefined) {
      throw new TypeError("fetch failed");
    }
    return answer(outcome);
  };

  await submit({ amount: "1" }, send(504, 504));
  await submit({ amount: "1" }, send(503, 401));
  await submit({ amount: "2" }, send(500));
  await assert.rejects(submit({ amount: "1" }, send(502, undefined)));
  await submit({ amount: "1" }, send(429));
  await submit({ amount: "1" }, send(201));
  const [first, second, last] = [keys[0], keys[4], keys.at(-1)];
  assert.equal(keys.length, 9);
  assert.deepEqual(keys, keys.map((key) => key === second ? second : first));
  assert.notEqual(first, second);

  // A refusal is kept under its key, so the next try needs another one.
  await submit({ amount: "1" }, send(422));
  await submit({ amount: "1" }, send(201));
  assert.equal(new Set([last, ...keys.slice(9)]).size, 3);
});

test("Only a 401 that says that there is no session signs a page out", async () => {
  let signedOut = 0;
  let code = "";
  const client = createBrowserClient("http://localhost", {
    fetch: async () => problem(401, code),
    onSignedOut: () => signedOut++,
  });

  code = "invalid_credentials";
  const { error } = await client.POST("/api/v1/auth/update-password", { body: { userId: "", oldPassword: "", newPassword: "" } });
  await client.DELETE("/api/v1/users/me", { body: { password: "" } });
  assert.equal(error.code, code);
  code = "unauthenticated";
  await client.GET("/api/v1/session");
  await client.POST("/api/v1/session/logout");
  assert.equal(signedOut, 0);

  await client.GET("/api/v1/sessions");
  await client.GET("/api/v1/users/me");
  code = "sign_in_again";
  await client.POST("/api/v1/auth/update-password", { body: { userId: "", oldPassword: "", newPassword: "" } });
  assert.equal(signedOut, 3);
});

test("A token is renewed, and the request repeated, only for a 401 that refuses the token", async (context) => {
  const refused = { "WWW-Authenticate": 'Bearer realm="portico", error="invalid_token"' };
  const answers = [];
  const tokens = [];
  context.mock.method(globalThis, "fetch", async (request) => {
    tokens.push(request.headers.get("Authorization"));
    return answers.shift() ?? Response.json({});
  });
  const source = { take: async () => undefined, accessToken: async () => "old", renew: async () => "new" };
  const client = createPorticoClient("http://localhost", source);
  const sendWith = async (...given) => {
    answers.push(...given);
    const { response } = await client.DELETE("/api/v1/users/me", { body: { password: "" } });
    answers.length = 0;
    return [response.status, tokens.splice(0).join(", ")];
  };

  assert.deepEqual(await sendWith(problem(401, "invalid_credentials")), [401, "Bearer old"]);
  assert.deepEqual(await sendWith(problem(401, "invalid_credentials", refused)), [401, "Bearer old"]);
  assert.deepEqual(await sendWith(problem(401, "unauthenticated", refused)), [200, "Bearer old, Bearer new"]);
  // A proxy that asks the API about the caller passes on no more than the challenge.
  assert.deepEqual(await sendWith(new Response("", { status: 401, headers: refused })), [200, "Bearer old, Bearer new"]);
  assert.deepEqual(await sendWith(new Response("", { status: 401 })), [401, "Bearer old"]);
});

/** Tokens with a name; by default the access token ends at once. */
function tokensOf(name, expiresIn = 0) {
  return { accessToken: `${name}-access`, refreshToken: `${name}-refresh`, expiresIn };
}

test("A renewal that ends after a sign-in, a sign-out or another renewal leaves the tokens of these", async (context) => {
  let answered;
  context.mock.method(globalThis, "fetch", () => new Promise((resolve) => answered = resolve));
  const outcomes = [problem(401, "invalid_refresh_token"), problem(401, "refresh_superseded"), Response.json(tokensOf("renewed", 300))];
  for (const outcome of outcomes) {
    for (const next of [{ ...tokensOf("next", 300), expiresAt: Date.now() + 300_000 }, undefined]) {
      const store = memoryStore();
      const source = createTokenSource("http://localhost", store);
      await source.take(tokensOf("old"));
      answered = undefined;
      const renewed = source.accessToken();
      await until(() => answered);
      store.write(next);
      answered(outcome.clone());
      assert.deepEqual([await renewed, store.read()?.refreshToken], [next?.accessToken, next?.refreshToken]);
    }
  }
});

test("A refused renewal ends the session that it was for", async (context) => {
  context.mock.method(globalThis, "fetch", async () => problem(401, "invalid_refresh_token"));
  const store = memoryStore();
  const source = createTokenSource("http://localhost", store);
  await source.take(tokensOf("old"));
  assert.equal(await source.accessToken(), undefined);
  assert.equal(store.read(), undefined);
});

test("While a token can't be renewed, it is used until its end", async (context) => {
  context.mock.method(globalThis, "fetch", async () => problem(503, "dependency_unavailable"));
  const source = createTokenSource("http://localhost");
  await source.take(tokensOf("old", 20));
  assert.equal(await source.accessToken(), "old-access");
  await source.take(tokensOf("old"));
  await assert.rejects(source.accessToken(), /dependency_unavailable/);
});

async function until(condition) {
  while (!condition()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
