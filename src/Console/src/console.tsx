import { dataOf, type Problem } from "@portico/client";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { client } from "./api";
import type { PageProps, Session } from "./app";
import { useRequests } from "./curl";
import { t, type Word } from "./i18n";
import { LanguageChoice } from "./language";
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
import { Wallets } from "./pages/wallets";
import { Webhooks } from "./pages/webhooks";
import { href, navigate, useLocation } from "./router";
import { Failure, problemOf } from "./ui";

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

/** The menu, and the pages that the signed-in user may use. */
export function Console({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const { path } = useLocation();
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const allowed = pages.filter((page) => session.permissions.includes(page.permission));
  const [, root = "", id] = path.split("/");
  const current = allowed.find((page) => page.path === `/${root}`);
  const first = allowed[0];
  const isHome = path === "/" && !current && first;

  useEffect(() => {
    setMenuOpen(false);
    setProblem(undefined);
    document.title = `${current ? t(current.name) : "Portico"} · Portico`;
    if (isHome) {
      navigate(first.path, true);
    }
  }, [path]);

  const signOut = async () => {
    setProblem(undefined);
    try {
      await dataOf(client.POST("/api/v1/session/logout"));
    } catch (failure) {
      const refusal = problemOf(failure);
      // The session that is over already needs no end; another one would go on while the page says that it is over.
      if (refusal.status !== 401) {
        setProblem(refusal);
        return;
      }
    }
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
        <Failure problem={problem} />
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
