import { dataOf, type Problem, type Schema } from "@portico/client";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { client, listen, onSignedOut } from "./api";
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
    // Another tab, another device or an administrator may end the session, or give its user another role.
    let isWanted = true;
    const take = (known: Session | null) => isWanted && setSession(known);
    const stop = listen("/api/v1/session/events", {
      events: { session: (data) => take(JSON.parse(data) as Session), signedOut: () => take(null) },
      onBroken: (isRefused) => {
        if (isRefused) {
          dataOf(client.GET("/api/v1/session")).then(take, (failure) => problemOf(failure).status === 401 && take(null));
        }
      },
    });
    return () => {
      isWanted = false;
      stop();
    };
  }, [session?.sessionId]);

  if (session === undefined && problem) {
    return <TryAgain problem={problem} />;
  }
  if (session === undefined) {
    return <main class="centre" aria-busy="true"><p class="soft">{t("loading")}</p></main>;
  }
  return session === null
    ? <SignIn onSignedIn={setSession} />
    : <SignedIn key={session.userId} session={session} onSignedOut={() => setSession(null)} />;
}

function TryAgain({ problem }: { problem: Problem }) {
  return (
    <main class="centre">
      <Failure problem={problem} />
      <button type="button" onClick={() => location.reload()}>{t("tryAgain")}</button>
    </main>
  );
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
  if (Console) {
    return <Console {...props} />;
  }
  return problem ? <TryAgain problem={problem} /> : <main class="centre" aria-busy="true"><p class="soft">{t("loading")}</p></main>;
}
