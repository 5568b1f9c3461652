import { formatMoney, type Schema } from "@portico/client";
import { useState } from "preact/hooks";
import { client, given } from "../api";
import type { PageProps } from "../app";
import { language, t, time } from "../i18n";
import { href, navigate } from "../router";
import { Act, Badge, Done, Facts, Failure, Form, Id, List, Section, Table, instant, useLoad, type Values } from "../ui";
import { amountOf } from "./wallets";

type Payment = Schema<"PaymentDto">;

const statuses: Payment["status"][] = ["created", "pending", "succeeded", "uncredited", "canceled"];
export const providers: [value: string, label: string][] = [["stripe", "Stripe"], ["yookassa", "YooKassa"]];

/** The payments of all users, and one of them with its refunds. */
export function Payments({ id }: PageProps) {
  const [filter, setFilter] = useState<Values>({});
  const [done, setDone] = useState<string>();
  const [round, setRound] = useState(0);
  const query = given({
    status: filter.status as Payment["status"], provider: filter.provider as Payment["provider"], ownerId: filter.ownerId,
    needsAttention: filter.needsAttention ? true : undefined, from: instant(filter.from), to: instant(filter.to),
  });

  return (
    <>
      <h1>{t("payments")}</h1>
      <Done text={done} />
      {id && (
        <OnePayment
          key={`${id}-${round}`} id={id}
          onDone={() => {
            setDone(t("done"));
            setRound((count) => count + 1);
          }}
        />
      )}
      <Section title={t("filter")}>
        <Form
          kind="row" submit={t("show")} onSubmit={setFilter}
          fields={[
            { name: "status", label: t("state"), options: [["", t("all")], ...statuses.map((one): [string, string] => [one, one])] },
            { name: "provider", label: t("provider"), options: [["", t("all")], ...providers] },
            { name: "ownerId", label: t("userId") },
            { name: "from", label: t("from"), type: "datetime-local" },
            { name: "to", label: t("to"), type: "datetime-local" },
            { name: "needsAttention", label: t("needAttention"), type: "checkbox" },
          ]}
        />
        <Form
          kind="row" submit={t("open")} fields={[{ name: "id", label: t("paymentId"), isRequired: true }]}
          onSubmit={(values) => navigate(`/payments/${encodeURIComponent(values.id ?? "")}`)}
        />
      </Section>
      <Section title={t("payments")}>
        <List<Payment>
          label={t("payments")} values={[filter, round]}
          read={(cursor) => client.GET("/api/v1/payments/all", { params: { query: { ...query, ...given({ cursor }) } } })}
          columns={[
            { label: t("payment"), cell: (one) => <a href={href(`/payments/${one.id}`)}>{one.id.slice(0, 8)}…</a> },
            { label: t("user"), cell: (one) => <code title={one.ownerId}>{one.ownerId.slice(0, 8)}…</code> },
            { label: t("provider"), cell: (one) => one.provider },
            { label: t("state"), cell: (one) => <State payment={one} /> },
            { label: t("amount"), cell: (one) => formatMoney(one.amount, language) },
            { label: t("at"), cell: (one) => time(one.createdAt) },
          ]}
        />
      </Section>
    </>
  );
}

function State({ payment: { status, needsAttention } }: { payment: Payment }) {
  return (
    <>
      <Badge state={status} kind={status === "uncredited" ? "bad" : status === "succeeded" ? "good" : "plain"} />
      {needsAttention && <> <Badge state={t("needAttention")} kind="bad" /></>}
    </>
  );
}

function OnePayment({ id, onDone }: { id: string; onDone: () => void }) {
  const { data: payment, problem } = useLoad(() => client.GET("/api/v1/payments/{id}", { params: { path: { id } } }), [id]);
  return (
    <>
      <Failure problem={problem} />
      {payment && (
        <Section
          title={t("payment")}
          actions={(payment.status === "succeeded" || payment.status === "uncredited") && <Refund payment={payment} onDone={onDone} />}
        >
          <Facts
            rows={[
              [t("id"), <Id value={payment.id} />],
              [t("providerId"), <Id value={payment.providerId} />],
              [t("user"), <Id value={payment.ownerId} />],
              [t("wallet"), <a href={href(`/wallets/${payment.walletId}`)}><code class="id">{payment.walletId}</code></a>],
              [t("provider"), payment.provider],
              [t("state"), <State payment={payment} />],
              [t("amount"), formatMoney(payment.amount, language)],
              [t("captured"), payment.captured && formatMoney(payment.captured, language)],
              [t("refunded"), formatMoney(payment.refunded, language)],
              [t("failure"), payment.failure],
              [t("at"), time(payment.createdAt)],
            ]}
          />
          {payment.refunds.length > 0 && (
            <Table
              label={t("refunds")} rows={payment.refunds}
              columns={[
                { label: t("id"), cell: (refund) => <Id value={refund.id} /> },
                { label: t("state"), cell: (refund) => <Badge state={refund.status} kind={refund.status === "failed" ? "bad" : "plain"} /> },
                { label: t("amount"), cell: (refund) => formatMoney(refund.amount, language) },
                { label: t("reason"), cell: (refund) => refund.reason ?? "–" },
                { label: t("failure"), cell: (refund) => refund.failure ?? "–" },
              ]}
            />
          )}
        </Section>
      )}
    </>
  );
}

function Refund({ payment, onDone }: { payment: Payment; onDone: () => void }) {
  return (
    <Act
      label={t("refund")} title={t("refundTitle")} reason="required"
      preview={() => Promise.resolve(t("refundText", {
        captured: formatMoney(payment.captured ?? payment.amount, language), refunded: formatMoney(payment.refunded, language),
      }))}
      fields={[{ name: "amount", label: t("amountIn", { currency: payment.amount.currency }), hint: t("wholeHint") }]}
      run={({ amount, reason }, sendOnce) => sendOnce((key) => client.POST("/api/v1/payments/{id}/refund", {
        params: { path: { id: payment.id }, header: { "Idempotency-Key": key } },
        body: { amount: amount ? amountOf(amount, payment.amount) : null, reason: reason || null },
      }))}
      onDone={onDone}
    />
  );
}
