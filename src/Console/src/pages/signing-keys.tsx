import { client } from "../api";
import { t, time } from "../i18n";
import { Act, Badge, Done, Id, List, Section } from "../ui";
import type { Schema } from "@portico/client";
import { useState } from "preact/hooks";

type SigningKey = Schema<"SigningKeyDto">;

/** The keys that sign access tokens. */
export function SigningKeys() {
  const [done, setDone] = useState<string>();
  const [round, setRound] = useState(0);
  const finish = (data: unknown) => {
    setDone((data as Schema<"SigningKeyChangesDto">).items.map((change) => `${change.step}: ${change.id}`).join(", "));
    setRound((count) => count + 1);
  };
  const tokens = (key: SigningKey) => t(key.tokensValidUntil ? "tokensValidUntil" : "tokensNone", { time: time(key.tokensValidUntil) });

  return (
    <>
      <h1>{t("signingKeys")}</h1>
      <Done text={done} />
      <Section
        title={t("signingKeys")}
        actions={(
          <Act
            label={t("rotate")} title={t("rotateTitle")} reason="required" preview={() => Promise.resolve(t("rotateText"))}
            run={({ reason = "" }) => client.POST("/api/v1/signing-keys/rotate", { body: { reason } })} onDone={finish}
          />
        )}
      >
        <List<SigningKey>
          label={t("signingKeys")} values={[round]} read={() => client.GET("/api/v1/signing-keys")}
          columns={[
            { label: t("id"), cell: (key) => <Id value={key.id} /> },
            { label: t("state"), cell: (key) => <Badge state={key.state} kind={key.state === "current" ? "good" : "plain"} /> },
            { label: t("algorithm"), cell: (key) => key.algorithm },
            { label: t("publishedAt"), cell: (key) => time(key.publishedAt) },
            { label: t("signsSince"), cell: (key) => time(key.signsSince) },
            { label: t("publishedUntil"), cell: (key) => time(key.publishedUntil) },
            {
              label: "",
              cell: (key) => (
                <Act
                  label={t("drop")} title={t(key.state === "next" ? "dropKeyTitle" : "dropKeyEmergencyTitle")} reason="required"
                  preview={() => Promise.resolve(key.state === "next" ? tokens(key) : `${tokens(key)} ${t("dropKeyEmergencyText")}`)}
                  run={({ reason = "" }) => client.DELETE("/api/v1/signing-keys/{id}", {
                    params: { path: { id: key.id } }, body: { reason, emergency: key.state !== "next" },
                  })} onDone={finish}
                />
              ),
            },
          ]}
        />
      </Section>
    </>
  );
}
