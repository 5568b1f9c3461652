import { dataOf, type Problem, type Schema } from "@portico/client";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { client, onSignedOut } from "./api";
import { language, t } from "./i18n";
import { SignIn } from "./pages/sign-in";
import { followLinks } from "./router";
import { Failure, problemOf } from "./ui";

export type Session = Schema<"BrowserSessionDto">;

/** What every page knows: who is signed in, and the id in its path. */
export interface PageProps {
  session: Session;
  id: string | undefined;
}

// Asked for while the page is being built, and not after its first paint.
const firstSession = dataOf(client.GET("/api/v1/session")).then((session) => ({ session }), (failure: unknown) => {
  const problem = problemOf(failure);
  return problem.status === 401 ? { session: null } : { problem };
});

export function App() {
  // undefined: not known yet; null: nobody is signed in.
  const [session, setSession] = useState<Session | null>();
  const [problem, setProblem] = useState<Problem>();

  useEffect(() => {
    document.documentElement.lang = language;
    document.addEventListener("click", followLinks);
    void firstSession.then((first) => "problem" in first ? setProblem(first.problem) : setSession(first.session));
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

  if (session === undefined && problem) {
    return (
      <main class="centre">
        <Failure problem={problem} />
        <button type="button" onClick={() => location.reload()}>{t("tryAgain")}</button>
      </main>
    );
  }
  if (session === undefined) {
    return <main class="centre" aria-busy="true"><p class="soft">{t("loading")}</p></main>;
  }
  return session === null ? <SignIn onSignedIn={setSession} /> : <SignedIn session={session} onSignedOut={() => setSession(null)} />;
}

interface SignedInProps {
  session: Session;
  onSignedOut: () => void;
}

/** Loads the pages, which a sign-in does not need. */
function SignedIn(props: SignedInProps) {
  const [Console, setConsole] = useState<ComponentType<SignedInProps>>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    import("./console").then((loaded) => setConsole(() => loaded.Console), (failure: unknown) => setProblem(problemOf(failure)));
  }, []);
  return Console ? <Console {...props} /> : (
    <main class="centre" aria-busy={!problem}>{problem ? <Failure problem={problem} /> : <p class="soft">{t("loading")}</p>}</main>
  );
}
