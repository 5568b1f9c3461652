import { useEffect, useState } from "preact/hooks";

const base = "/console";
const changed = new EventTarget();

/** The path of the page below `/console`. */
export function path(): string {
  return location.pathname.slice(base.length) || "/";
}

export function href(to: string): string {
  return base + to;
}

/** Calls a function before another page is shown. */
export function onNavigated(told: () => void): void {
  changed.addEventListener("change", told);
  addEventListener("popstate", told);
}

/** Shows another page; one that replaces the present page leaves no way back to it. */
export function navigate(to: string, replaces = false): void {
  history[replaces ? "replaceState" : "pushState"](null, "", href(to));
  changed.dispatchEvent(new Event("change"));
  scrollTo(0, 0);
}

/** The path and the query, kept current. */
export function useLocation(): { path: string; query: URLSearchParams } {
  const [, update] = useState(0);
  useEffect(() => {
    const onChange = () => update((count) => count + 1);
    changed.addEventListener("change", onChange);
    addEventListener("popstate", onChange);
    return () => {
      changed.removeEventListener("change", onChange);
      removeEventListener("popstate", onChange);
    };
  }, []);
  return { path: path(), query: new URLSearchParams(location.search) };
}

/** Follows the links of this console without loading it again. */
export function followLinks(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (link && isPlain && !link.target && !link.download && link.origin === location.origin && link.pathname.startsWith(`${base}/`)) {
    event.preventDefault();
    navigate(link.pathname.slice(base.length) + link.search);
  }
}
