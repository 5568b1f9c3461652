import { dataOf, formatMoney, sendOnce, type Schema } from "@portico/client";
import { useState } from "preact/hooks";
import { client, given } from "../api";
import { language, t, time } from "../i18n";
import { Act, Badge, Done, Facts, Form, Id, List, Section, Table } from "../ui";
import { amountOf } from "./wallets";

type Payment = Schema<"PaymentDto">;

/** The payments that a manager must look at, and any payment by its id with its refunds. */
export function Payments() {
  const [payment, setPayment] = useState<Payment>();
  const [done, setDone] = useState<string>();
  const [round, setRound] = useState(0);
  const show = async (id: string) => setPayment(await dataOf(client.GET("/api/v1/payments/{id}", { params: { path: { id } } })));

  return (
    <>
      <h1>{t("payments")}</h1>
      <Done text={done} />
      <Section title={t("needAttention")}>
        <List<Payment>
          label={t("needAttention")} values={[round]}
          read={(cursor) => client.GET("/api/v1/payments", { params: { query: given({ needsAttention: true, cursor }) } })}
          columns={[
            {
              label: t("payment"),
              cell: (one) => <button type="button" class="link" onClick={() => setPayment(one)}>{one.id.slice(0, 8)}…</button>,
            },
            { label: t("provider"), cell: (one) => one.provider },
            { label: t("state"), cell: (one) => <Badge state={one.status} kind={one.status === "succeeded" ? "good" : "bad"} /> },
            { label: t("amount"), cell: (one) => formatMoney(one.amount, language) },
            { label: t("at"), cell: (one) => time(one.createdAt) },
          ]}
        />
      </Section>
      <Section
        title={t("payment")}
        actions={payment && (payment.status === "succeeded" || payment.status === "uncredited") && (
          <Act
            label={t("refund")} title={t("refundTitle")} reason="required"
            preview={() => Promise.resolve(t("refundText", {
              captured: formatMoney(payment.captured ?? payment.amount, language), refunded: formatMoney(payment.refunded, language),
            }))}
            fields={[{ name: "amount", label: t("amountIn", { currency: payment.amount.currency }), hint: t("wholeHint") }]}
            run={({ amount, reason }) => sendOnce((key) => client.POST("/api/v1/payments/{id}/refund", {
              params: { path: { id: payment.id }, header: { "Idempotency-Key": key } },
              body: { amount: amount ? amountOf(amount, payment.amount) : null, reason: reason || null },
            }))}
            onDone={() => {
              setDone(t("done"));
              setRound((count) => count + 1);
              void show(payment.id);
            }}
          />
        )}
      >
        <Form
          kind="row" submit={t("show")} fields={[{ name: "id", label: t("paymentId"), isRequired: true }]}
          onSubmit={({ id = "" }) => show(id)}
        />
        {payment && (
          <>
            <Facts
              rows={[
                [t("id"), <Id value={payment.id} />],
                [t("wallet"), <Id value={payment.walletId} />],
                [t("provider"), payment.provider],
                [t("state"), <Badge state={payment.status} kind={payment.status === "succeeded" ? "good" : "plain"} />],
                [t("amount"), formatMoney(payment.amount, language)],
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
                  { label: t("state"), cell: (refund) => <Badge state={refund.status} /> },
                  { label: t("amount"), cell: (refund) => formatMoney(refund.amount, language) },
                  { label: t("reason"), cell: (refund) => refund.reason ?? "–" },
                ]}
              />
            )}
          </>
        )}
      </Section>
    </>
  );
}
