import { createBrowserClient } from "@portico/client";
import { record } from "./curl";

const signedOut = new EventTarget();

/** Calls a function when the server no longer knows the session. */
export function onSignedOut(told: () => void): () => void {
  signedOut.addEventListener("signedOut", told);
  return () => signedOut.removeEventListener("signedOut", told);
}

/** The API with the session of this browser: it can do what the signed-in user can do, and no more. */
export const client = createBrowserClient("", {
  fetch: (request) => {
    void record(request);
    return fetch(request);
  },
  onSignedOut: () => void signedOut.dispatchEvent(new Event("signedOut")),
});

/** The values of a query that are given: not empty, null or undefined. */
export function given<Query extends object>(query: Query): { [Name in keyof Query]?: Exclude<Query[Name], "" | null | undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "")) as
    { [Name in keyof Query]?: Exclude<Query[Name], "" | null | undefined> };
}
