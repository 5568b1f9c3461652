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

/** How long a stream that was refused is left alone. */
const pause = 5_000;

interface Listener {
  /** Called with the data of each event, by its name. */
  events: Record<string, (data: string) => void>;
  /** Called when the stream breaks; `isRefused` if the answer was an error, such as 401, or 502 of a proxy. */
  onBroken: (isRefused: boolean) => void;
}

/** Follows an event stream of the API until the returned function is called. */
export function listen(url: string, { events, onBroken }: Listener): () => void {
  let source: EventSource;
  let timer: number | undefined;
  const open = () => {
    source = new EventSource(url);
    for (const [name, told] of Object.entries(events)) {
      source.addEventListener(name, (event: MessageEvent<string>) => told(event.data));
    }
    source.addEventListener("error", () => {
      // EventSource connects again by itself when the stream ends; it gives up when the answer is an error.
      const isRefused = source.readyState === EventSource.CLOSED;
      if (isRefused) {
        timer = window.setTimeout(open, pause);
      }
      onBroken(isRefused);
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

/** The values of a query that are given: not empty, null or undefined. */
export function given<Query extends object>(query: Query): { [Name in keyof Query]?: Exclude<Query[Name], "" | null | undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "")) as
    { [Name in keyof Query]?: Exclude<Query[Name], "" | null | undefined> };
}
