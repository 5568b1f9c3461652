import createClient, { type Client } from "openapi-fetch";
import { codeOf, isProblem } from "./problems.js";
import type { components, paths } from "./schema.js";
import type { TokenSource } from "./tokens.js";

export type { ErrorStatuses } from "./errors.js";
export { addMoney, compareMoney, formatMoney, parseMoney, type Money } from "./money.js";
export { items, pages, type Page } from "./pages.js";
export {
  PorticoError, dataOf, fieldErrors, isProblem, secondsUntilRetry, type Answer, type ErrorCode, type Problem, type ProblemOf,
} from "./problems.js";
export { createSubmission, idempotencyKey, sendOnce, type Submission } from "./retries.js";
export type { components, paths } from "./schema.js";
export { createTokenSource, memoryStore, type StoredTokens, type TokenSource, type TokenStore, type Tokens } from "./tokens.js";

/** A schema of the API by its name, such as `Schema<"DashboardDto">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** A client with a method for each HTTP method: `client.GET("/api/v1/dashboard")`. */
export type PorticoClient = Client<paths>;

/** An access token, or a function that gives the current one. */
export type AccessToken = string | (() => string | undefined | Promise<string | undefined>);

/**
 * Makes a client of the Portico API that sends access tokens.
 *
 * @param baseUrl The address of the API, such as `https://api.example.com`.
 * @param token The access token, or a source that renews it; without it only anonymous operations answer.
 */
export function createPorticoClient(baseUrl: string, token?: AccessToken | TokenSource): PorticoClient {
  if (typeof token === "object") {
    return createClient<paths>({ baseUrl, fetch: (request) => fetchRenewing(request, token) });
  }
  const client = createClient<paths>({ baseUrl });
  client.use({
    async onRequest({ request }) {
      const current = typeof token === "function" ? await token() : token;
      if (current !== undefined) {
        request.headers.set("Authorization", `Bearer ${current}`);
      }
      return request;
    },
  });
  return client;
}

/** The settings of a client for the cookie mode. */
export interface BrowserClientOptions {
  /** Sends the requests in place of `fetch`. */
  fetch?: (request: Request) => Promise<Response>;
  /** Called when a request outside of `/session` is refused because there is no session any more. */
  onSignedOut?: () => void;
}

/**
 * Makes a client for a page in the cookie mode: the browser keeps the cookie, and the page has no token.
 *
 * @param baseUrl The address of the API; empty for the origin of the page.
 */
export function createBrowserClient(baseUrl = "", options: BrowserClientOptions = {}): PorticoClient {
  const client = createClient<paths>({
    baseUrl,
    credentials: "include",
    headers: { "X-CSRF": "1" },
    ...(options.fetch && { fetch: options.fetch }),
  });
  client.use({
    async onResponse({ response, schemaPath }) {
      // A page asks /session who is signed in, and signs in there: 401 is no news to it. /sessions is another address.
      if (response.status === 401 && !/^\/api\/v1\/session(\/|$)/.test(schemaPath) && await endsSession(response)) {
        options.onSignedOut?.();
      }
    },
  });
  return client;
}

/** Whether a 401 means that there is no session; a wrong password is 401 too, and ends none. */
async function endsSession(response: Response): Promise<boolean> {
  return isProblem({ code: await codeOf(response) }, "unauthenticated", "sign_in_again", "second_factor_required");
}

/** Sends a request with an access token, and once more with a new one if the server refuses the first token. */
async function fetchRenewing(request: Request, tokens: TokenSource): Promise<Response> {
  const token = await tokens.accessToken();
  if (token === undefined) {
    return fetch(request);
  }
  const repeated = request.clone();
  request.headers.set("Authorization", `Bearer ${token}`);
  const response = await fetch(request);
  if (!await refusesToken(response)) {
    return response;
  }
  const next = await tokens.renew(token);
  if (next === undefined) {
    return response;
  }
  repeated.headers.set("Authorization", `Bearer ${next}`);
  return fetch(repeated);
}

/** Whether the access token is the reason of a 401; a repetition of a wrong password would be one more wrong try. */
async function refusesToken(response: Response): Promise<boolean> {
  if (response.status !== 401) {
    return false;
  }
  // An operation that needs no session refuses a password although the token is invalid as well, so the code comes first.
  const code = await codeOf(response);
  return code === undefined
    ? /\berror="invalid_token"/.test(response.headers.get("WWW-Authenticate") ?? "")
    : code === "unauthenticated";
}
