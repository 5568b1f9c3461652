import type { Schema } from "@portico/client";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { client, onSignedOut } from "./api";
import { useRequests } from "./curl";
import { languages, language, setLanguage, t, type Language, type Word } from "./i18n";
import { Audit } from "./pages/audit";
import { DeadLetters } from "./pages/dead-letters";
import { Events, SportEvent } from "./pages/events";
import { Ledger } from "./pages/ledger";
import { Orders } from "./pages/orders";
import { Overview } from "./pages/overview";
import { Payments } from "./pages/payments";
import { Reconciliations } from "./pages/reconciliations";
import { Users, User } from "./pages/users";
import { Sessions } from "./pages/sessions";
import { SigningKeys } from "./pages/signing-keys";
import { SignIn } from "./pages/sign-in";
import { Wallets } from "./pages/wallets";
import { Webhooks } from "./pages/webhooks";
import { followLinks, href, navigate, useLocation } from "./router";

export type Session = Schema<"BrowserSessionDto">;

/** What every page knows: who is signed in, and the id in its path. */
export interface PageProps {
  session: Session;
  id: string | undefined;
}

interface PageEntry {
  path: string;
  name: Word;
  permission: string;
  page: ComponentType<PageProps>;
  /** The page of one record, at `path/id`. */
  one?: ComponentType<PageProps>;
}

// A page of another permission is neither shown nor named; the API refuses its requests anyway.
const pages: PageEntry[] = [
  { path: "/", name: "overview", permission: "operation.read", page: Overview },
  { path: "/users", name: "users", permission: "users.read", page: Users, one: User },
  { path: "/sessions", name: "sessions", permission: "users.read", page: Sessions },
  { path: "/audit", name: "audit", permission: "audit.read", page: Audit },
  { path: "/wallets", name: "wallets", permission: "money.read", page: Wallets, one: Wallets },
  { path: "/ledger", name: "ledger", permission: "ledger.audit", page: Ledger },
  { path: "/events", name: "events", permission: "events.write", page: Events, one: SportEvent },
  { path: "/orders", name: "orders", permission: "money.read", page: Orders, one: Orders },
  { path: "/payments", name: "payments", permission: "money.read", page: Payments, one: Payments },
  { path: "/webhooks", name: "webhooks", permission: "webhooks.manage", page: Webhooks },
  {
    path: "/reconciliations", name: "reconciliations", permission: "ledger.audit", page: Reconciliations, one: Reconciliations,
  },
  { path: "/dead-letters", name: "deadLetters", permission: "dead-letters.manage", page: DeadLetters, one: DeadLetters },
  { path: "/signing-keys", name: "signingKeys", permission: "signing-keys.manage", page: SigningKeys },
];

// Asked for while the page is being built, and not after its first paint.
const firstSession = client.GET("/api/v1/session").then(({ data }) => data ?? null, () => null);

export function App() {
  // undefined: not known yet; null: nobody is signed in.
  const [session, setSession] = useState<Session | null>();

  useEffect(() => {
    document.documentElement.lang = language;
    document.addEventListener("click", followLinks);
    void firstSession.then(setSession);
    return onSignedOut(() => setSession(null));
  }, []);

  useEffect(() => {
    if (!session) {
      return;
    }
    // Another tab, another device or an administrator may end the session.
    const events = new EventSource("/api/v1/session/events");
    events.addEventListener("signedOut", () => setSession(null));
    return () => events.close();
  }, [session?.sessionId]);

  if (session === undefined) {
    return <main class="centre" aria-busy="true"><p class="soft">{t("loading")}</p></main>;
  }
  return session === null ? <SignIn onSignedIn={setSession} /> : <Console session={session} onSignedOut={() => setSession(null)} />;
}

function Console({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const { path } = useLocation();
  const [isMenuOpen, setMenuOpen] = useState(false);
  const allowed = pages.filter((page) => session.permissions.includes(page.permission));
  const [, root = "", id] = path.split("/");
  const current = allowed.find((page) => page.path === `/${root}`);
  const first = allowed[0];
  const isHome = path === "/" && !current && first;

  useEffect(() => {
    setMenuOpen(false);
    document.title = `${current ? t(current.name) : "Portico"} · Portico`;
    if (isHome) {
      navigate(first.path);
    }
  }, [path]);

  const signOut = async () => {
    await client.POST("/api/v1/session/logout");
    onSignedOut();
  };

  const Page = (id ? current?.one : undefined) ?? current?.page;
  return (
    <div class="frame">
      <a class="skip" href="#main">{t("skip")}</a>
      <header class="bar">
        <strong>Portico</strong>
        <button type="button" class="menu" aria-expanded={isMenuOpen} aria-controls="menu" onClick={() => setMenuOpen(!isMenuOpen)}>
          {t("menu")}
        </button>
        <span class="grow" />
        <LanguageChoice />
        <button type="button" onClick={() => void signOut()}>{t("signOut")}</button>
      </header>
      <nav id="menu" class={isMenuOpen ? "open" : ""} aria-label={t("pages")}>
        {allowed.map((page) => (
          <a key={page.path} href={href(page.path)} aria-current={page === current ? "page" : undefined}>{t(page.name)}</a>
        ))}
      </nav>
      <main id="main" tabIndex={-1}>
        {first === undefined ? <NoRole /> : Page ? <Page key={path} session={session} id={id} /> : !isHome && <NotFound />}
        <Requests />
      </main>
    </div>
  );
}

function NoRole() {
  return (
    <section class="card">
      <h1>{t("noRole")}</h1>
      <p>{t("noRoleText")}</p>
    </section>
  );
}

function NotFound() {
  return (
    <section class="card">
      <h1>{t("notFound")}</h1>
      <p>{t("notFoundText")}</p>
    </section>
  );
}

export function LanguageChoice() {
  return (
    <label class="language">
      <span class="hidden">{t("language")}</span>
      <select value={language} onChange={(event) => setLanguage(event.currentTarget.value as Language)}>
        {Object.entries(languages).map(([code, name]) => <option key={code} value={code}>{name}</option>)}
      </select>
    </label>
  );
}

function Requests() {
  const requests = useRequests();
  return requests.length === 0 ? null : (
    <details class="card requests">
      <summary>{t("asCurl")}</summary>
      <p class="soft">{t("asCurlText")}</p>
      {requests.map((request) => (
        <div key={request} class="request">
          <pre tabIndex={0}>{request}</pre>
          <button type="button" onClick={() => void navigator.clipboard.writeText(request)}>{t("copy")}</button>
        </div>
      ))}
    </details>
  );
}
