import type { Schema } from "@portico/client";
import { useState } from "preact/hooks";
import { client, given } from "../api";
import { t, time } from "../i18n";
import { href } from "../router";
import { Act, Badge, Done, Form, List, Section, type Values } from "../ui";
import { providers } from "./payments";

type Webhook = Schema<"WebhookDto">;

const states: Webhook["state"][] = ["waiting", "handled", "failed"];

/** What payment providers told; a notification can be handled again. */
export function Webhooks() {
  const [filter, setFilter] = useState<Values>({});
  const [done, setDone] = useState<string>();
  const [round, setRound] = useState(0);
  const query = given({ provider: filter.provider as Webhook["provider"], state: filter.state as Webhook["state"] });
  return (
    <>
      <h1>{t("webhooks")}</h1>
      <Done text={done} />
      <Section title={t("filter")}>
        <Form
          kind="row" submit={t("show")} onSubmit={setFilter}
          fields={[
            { name: "state", label: t("state"), options: [["", t("all")], ...states.map((one): [string, string] => [one, one])] },
            { name: "provider", label: t("provider"), options: [["", t("all")], ...providers] },
          ]}
        />
      </Section>
      <Section title={t("notifications")}>
        <List<Webhook>
          label={t("notifications")} values={[filter, round]}
          read={(cursor) => client.GET("/api/v1/webhooks", { params: { query: { ...query, ...given({ cursor }) } } })}
          columns={[
            { label: t("kind"), cell: (one) => <>{one.kind}<br /><code class="id">{one.eventId}</code></> },
            {
              label: t("payment"),
              cell: ({ provider, paymentId, providerPaymentId }) => (
                <>
                  {paymentId
                    ? <a href={href(`/payments/${paymentId}`)}>{paymentId.slice(0, 8)}…</a>
                    : <code class="id">{providerPaymentId}</code>}
                  <br />{provider}
                </>
              ),
            },
            {
              label: t("state"),
              cell: ({ state, attempts }) => (
                <>
                  <Badge state={state} kind={state === "failed" ? "bad" : state === "handled" ? "good" : "plain"} />
                  {attempts > 0 && <><br /><small class="soft">{t("attempts")}: {attempts}</small></>}
                </>
              ),
            },
            { label: t("received"), cell: (one) => one.times > 1 ? `${time(one.receivedAt)} (×${one.times})` : time(one.receivedAt) },
            { label: t("handledAt"), cell: (one) => time(one.handledAt) },
            { label: t("lastError"), cell: (one) => one.lastError ?? "–" },
            {
              label: "",
              cell: (one) => (
                <Retry
                  webhook={one}
                  onDone={() => {
                    setDone(t("done"));
                    setRound((count) => count + 1);
                  }}
                />
              ),
            },
          ]}
        />
      </Section>
    </>
  );
}

function Retry({ webhook: { provider, eventId, kind }, onDone }: { webhook: Webhook; onDone: () => void }) {
  return (
    <Act
      label={t("retry")} title={t("retryTitle")} reason="required" isDanger={false}
      preview={() => Promise.resolve(t("retryText", { kind }))}
      run={({ reason = "" }) => client.POST("/api/v1/webhooks/{provider}/{eventId}/retry", {
        params: { path: { provider, eventId } }, body: { reason },
      })}
      onDone={onDone}
    />
  );
}
