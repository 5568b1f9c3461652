import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type { components, paths } from "./schema.js";

/** A schema of the API by its name, such as `Schema<"DashboardDto">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** The error of every request that failed (RFC 9457). */
export type Problem = Schema<"Problem">;

/** A client with a method for each HTTP method: `client.GET("/api/v1/dashboard")`. */
export type PorticoClient = Client<paths>;

/** An access token, or a function that gives the current one. */
export type AccessToken = string | (() => string | undefined | Promise<string | undefined>);

/**
 * Makes a client of the Portico API.
 *
 * @param baseUrl The address of the API, such as `https://api.example.com`.
 * @param token The access token; without it only anonymous operations answer.
 */
export function createPorticoClient(baseUrl: string, token?: AccessToken): PorticoClient {
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
