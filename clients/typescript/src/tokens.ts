import createClient from "openapi-fetch";
import { PorticoError, dataOf } from "./problems.js";
import type { components, paths } from "./schema.js";

/** The tokens of a session. */
export type Tokens = components["schemas"]["TokensDto"];

/** Tokens with the time at which the access token ends. */
export interface StoredTokens extends Tokens {
  /** Milliseconds since 1970 by the clock of this machine. */
  expiresAt: number;
}

/** Where an app keeps its tokens. Apps of a browser use the cookie mode, in which a page has none. */
export interface TokenStore {
  read(): Promise<StoredTokens | undefined> | StoredTokens | undefined;
  write(tokens: StoredTokens | undefined): Promise<void> | void;
}

/** Keeps the tokens in memory. */
export function memoryStore(): TokenStore {
  let tokens: StoredTokens | undefined;
  return { read: () => tokens, write: (next) => void (tokens = next) };
}

/** Gives access tokens, and renews them before they end. */
export interface TokenSource {
  /** Takes the tokens of a sign-in. */
  take(tokens: Tokens): Promise<void>;
  /** The access token, renewed if it ends soon; `undefined` without a session. */
  accessToken(): Promise<string | undefined>;
  /** Renews the access token that the server refused; `undefined` if the session is over. */
  renew(refused: string): Promise<string | undefined>;
}

/** How long before its end an access token is renewed. */
const margin = 30_000;

/**
 * Renews tokens with one request at a time, for all tabs and workers that share the store: the others wait, and use what it brought.
 *
 * @param baseUrl The address of the API.
 * @param name Names the lock; tabs that share a store use the same name.
 */
export function createTokenSource(baseUrl: string, store: TokenStore = memoryStore(), name = "portico-refresh"): TokenSource {
  const client = createClient<paths>({ baseUrl });
  const locked = createLock(name);

  const take = async (tokens: Tokens) => {
    await store.write({ ...tokens, expiresAt: Date.now() + tokens.expiresIn * 1000 });
  };

  /** Replaces the tokens that were used, unless a sign-in, a sign-out or another process has replaced them meanwhile. */
  const replace = async (used: StoredTokens, next: Tokens | undefined) => {
    const kept = await store.read();
    if (kept?.refreshToken !== used.refreshToken) {
      return kept?.accessToken;
    }
    await (next ? take(next) : store.write(undefined));
    return next?.accessToken;
  };

  const renewUnless = (isGood: (tokens: StoredTokens) => boolean) => locked(async () => {
    const tokens = await store.read();
    if (!tokens || isGood(tokens)) {
      return tokens?.accessToken;
    }
    try {
      return await replace(tokens, await dataOf(client.POST("/api/v1/auth/refresh", { body: { refreshToken: tokens.refreshToken } })));
    } catch (failure) {
      if (failure instanceof PorticoError && failure.problem.status === 401) {
        return replace(tokens, undefined);
      }
      throw failure;
    }
  });

  return {
    take,
    async accessToken() {
      const tokens = await store.read();
      const isFresh = (one: StoredTokens) => one.expiresAt - Date.now() > margin;
      if (!tokens || isFresh(tokens)) {
        return tokens?.accessToken;
      }
      try {
        return await renewUnless(isFresh);
      } catch (failure) {
        // The server takes the token until its end, also while it can't renew it.
        if (tokens.expiresAt > Date.now()) {
          return tokens.accessToken;
        }
        throw failure;
      }
    },
    renew: (refused) => renewUnless((tokens) => tokens.accessToken !== refused),
  };
}

type Lock = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** The lock of all tabs where there are Web Locks, else one of this process. */
function createLock(name: string): Lock {
  const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
  if (locks) {
    return async (work) => locks.request(name, work) as ReturnType<typeof work>;
  }
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}
