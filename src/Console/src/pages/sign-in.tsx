import { dataOf, type Schema } from "@portico/client";
import { useEffect, useState } from "preact/hooks";
import { client } from "../api";
import type { Session } from "../app";
import { t, type Word } from "../i18n";
import { LanguageChoice } from "../language";
import { href } from "../router";
import { Failure, Form, problemOf, problemWith, useLoad, type Values } from "../ui";

type Challenge = Schema<"SignInChallengeDto">;
type Method = Schema<"ChallengeMethod">;

const names: Record<Method, Word> = {
  addressCode: "addressCode", totp: "totp", recoveryCode: "recoveryCode", passkey: "passkey", totpEnrolment: "totpEnrolment",
};

/** What a provider's sign-in that failed brings back; everything else is sign_in_failed. */
const refusals = new Map<string, Word>([["access_denied", "accessDenied"], ["provider_unavailable", "providerUnavailable"]]);

/** Signs in with a password, a passkey or a provider, and with a second proof if the API asks for one. */
export function SignIn({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const [challenge, setChallenge] = useState<Challenge>();
  const [problem, setProblem] = useState<Schema<"Problem">>();
  const providers = useLoad(() => client.GET("/api/v1/auth/oauth/providers"), []);

  // A sign-in succeeds, or asks for another proof.
  const take = (answer: Session | Challenge | undefined) => {
    if (answer && "challengeId" in answer) {
      setChallenge(answer);
    } else if (answer) {
      onSignedIn(answer);
    }
  };

  useEffect(() => {
    document.title = `${t("signIn")} · Portico`;
    const query = new URLSearchParams(location.search);
    const [code, error] = [query.get("code"), query.get("error")];
    if (code || error) {
      history.replaceState(null, "", location.pathname);
    }
    if (error) {
      setProblem(problemWith(error, t(refusals.get(error) ?? "signInFailed")));
    } else if (code) {
      dataOf(client.POST("/api/v1/session/exchange", { body: { code } })).then(take, (failure) => setProblem(problemOf(failure)));
    }
  }, []);

  const returnUrl = encodeURIComponent(location.origin + href("/"));
  const signIn = async ({ login = "", password = "" }: Values) => {
    const address = login.includes("@") ? { email: login } : { phone: login };
    take(await dataOf(client.POST("/api/v1/session/login", { body: { ...address, password } })));
  };

  const withPasskey = async () => {
    setProblem(undefined);
    try {
      const options = await dataOf(client.POST("/api/v1/auth/passkeys/options"));
      take(await dataOf(client.POST("/api/v1/session/passkeys", { body: await assertion(options) })));
    } catch (failure) {
      // A person who closes the browser's dialog made no mistake.
      if (!(failure instanceof DOMException)) {
        setProblem(problemOf(failure));
      }
    }
  };

  return (
    <main class="centre">
      <section class="card sign-in">
        <header>
          <h1>{t("consoleName")}</h1>
          <LanguageChoice />
        </header>
        <Failure problem={problem} />
        {challenge ? (
          <Proof key={challenge.challengeId} challenge={challenge} onAnswer={take} onAgain={() => setChallenge(undefined)} />
        ) : (
          <>
            <Form
              submit={t("signIn")} onSubmit={signIn}
              fields={[
                { name: "login", label: t("login"), isRequired: true, autocomplete: "username" },
                { name: "password", label: t("password"), type: "password", isRequired: true, autocomplete: "current-password" },
              ]}
            />
            <div class="actions">
              {"PublicKeyCredential" in window && <button type="button" onClick={() => void withPasskey()}>{t("withPasskey")}</button>}
              {providers.data?.items.map((provider) => (
                <a key={provider.name} class="button" href={`${provider.startUrl}?returnUrl=${returnUrl}`}>
                  {provider.displayName}
                </a>
              ))}
            </div>
          </>
        )}
      </section>
    </main>
  );
}

interface ProofProps {
  challenge: Challenge;
  onAnswer: (answer: Session | Challenge) => void;
  onAgain: () => void;
}

function Proof({ challenge, onAnswer, onAgain }: ProofProps) {
  const [method, setMethod] = useState<Method>(challenge.methods[0] ?? "addressCode");
  const [problem, setProblem] = useState<Schema<"Problem">>();
  const isEnrolment = method === "totpEnrolment";
  const answer = async (proof: Partial<Schema<"VerifyChallenge">>) => onAnswer(await dataOf(client.POST("/api/v1/session/login/challenge", {
    // The first code of a new app is a code of an app.
    body: { challengeId: challenge.challengeId, method: isEnrolment ? "totp" : method, ...proof },
  })));

  const withPasskey = async () => {
    setProblem(undefined);
    try {
      await answer({ passkey: await assertion(await dataOf(client.POST("/api/v1/auth/passkeys/options"))) });
    } catch (failure) {
      if (!(failure instanceof DOMException)) {
        setProblem(problemOf(failure));
      }
    }
  };

  return (
    <>
      <p>{t("secondProof")}</p>
      {challenge.methods.length > 1 && (
        <div class="field">
          <label for="method">{t("method")}</label>
          <select id="method" value={method} onChange={(event) => setMethod(event.currentTarget.value as Method)}>
            {challenge.methods.map((one) => <option key={one} value={one}>{t(names[one])}</option>)}
          </select>
        </div>
      )}
      <Failure problem={problem} />
      {isEnrolment && <Enrolment challengeId={challenge.challengeId} />}
      {method === "passkey" ? (
        <button type="button" class="primary" onClick={() => void withPasskey()}>{t("withPasskey")}</button>
      ) : (
        <Form
          key={method} submit={t("continue")}
          fields={[{ name: "code", label: t(isEnrolment ? "totp" : names[method]), isRequired: true, autocomplete: "one-time-code" }]}
          onSubmit={({ code = "" }) => answer({ code })}
        />
      )}
      <button type="button" onClick={onAgain}>{t("again")}</button>
    </>
  );
}

/** Shows the secret of a second factor that the role needs, and the recovery codes, once. */
function Enrolment({ challengeId }: { challengeId: string }) {
  const { data, problem } = useLoad(() => client.POST("/api/v1/auth/login/totp", { body: { challengeId } }), [challengeId]);
  return (
    <>
      <Failure problem={problem} />
      {data && (
        <>
          <p>{t("enrolText")}</p>
          <img class="qr" alt={t("qrCode")} src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(data.qrCode)}`} />
          <p><code class="id">{data.secret}</code></p>
          <p>{t("recoveryCodes")}</p>
          <pre tabIndex={0}>{data.recoveryCodes.join("\n")}</pre>
        </>
      )}
    </>
  );
}

async function assertion(options: Schema<"PasskeyRequestOptionsDto">): Promise<Schema<"LogInWithPasskey">> {
  const parsed = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  const credential = await navigator.credentials.get({ publicKey: parsed }) as PublicKeyCredential;
  return credential.toJSON() as Schema<"LogInWithPasskey">;
}
