import { useEffect, useState } from "preact/hooks";
import { onNavigated } from "./router";

/** The requests of one page that are shown. */
const limit = 6;
const changed = new EventTarget();
let requests: string[] = [];

/** Keeps a request of the page; sign-ins contain passwords and are left out. */
export async function record(request: Request): Promise<void> {
  const url = new URL(request.url);
  if (/^\/api\/v1\/(auth|session)(\/|$)/.test(url.pathname)) {
    return;
  }
  // A file is named only: it may be large.
  const isFile = request.headers.get("Content-Type")?.startsWith("text/csv") ?? false;
  const body = request.method === "GET" || isFile ? "" : await request.clone().text();
  const text = toCurl(request.method, url, request.headers, body, isFile);
  requests = [text, ...requests.filter((other) => other !== text)].slice(0, limit);
  changed.dispatchEvent(new Event("change"));
}

// Another page begins with no requests.
onNavigated(() => {
  requests = [];
  changed.dispatchEvent(new Event("change"));
});

/** The requests of the page, the newest first. */
export function useRequests(): string[] {
  const [, update] = useState(0);
  useEffect(() => {
    const onChange = () => update((count) => count + 1);
    changed.addEventListener("change", onChange);
    onChange();
    return () => changed.removeEventListener("change", onChange);
  }, []);
  return requests;
}

/** A request for a shell, with the access token from the environment. */
export function toCurl(method: string, url: URL, headers: Headers, body: string, isFile = false): string {
  const parts = [method === "GET" ? "curl" : `curl -X ${method}`, quote(url.href), '-H "Authorization: Bearer $PORTICO_TOKEN"'];
  for (const name of ["Accept", "Idempotency-Key", "If-Match"]) {
    const value = headers.get(name);
    if (value) {
      parts.push(`-H ${quote(`${name}: ${value}`)}`);
    }
  }
  if (body) {
    parts.push("-H 'Content-Type: application/json'", `-d ${quote(body)}`);
  }
  if (isFile) {
    parts.push("-H 'Content-Type: text/csv'", "--data-binary @report.csv");
  }
  return parts.join(" \\\n  ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
