import { formatMoney } from "@portico/client";
import { client, given } from "../api";
import type { PageProps } from "../app";
import { language, number, t, time } from "../i18n";
import { href, navigate } from "../router";
import { Badge, Facts, Failure, Form, Id, List, Section, Table, useLoad } from "../ui";

/** An order of anybody by its id, and the caller's own. */
export function Orders({ id }: PageProps) {
  return (
    <>
      <h1>{t("orders")}</h1>
      <Section title={t("order")}>
        <Form
          key={id} kind="row" submit={t("show")} fields={[{ name: "id", label: t("orderId"), isRequired: true, value: id ?? "" }]}
          onSubmit={(values) => navigate(`/orders/${encodeURIComponent(values.id ?? "")}`)}
        />
        {id && <Order key={id} id={id} />}
      </Section>
      <Section title={t("myOrders")}>
        <List
          label={t("myOrders")} values={[]} read={(cursor) => client.GET("/api/v1/orders", { params: { query: given({ cursor }) } })}
          columns={[
            { label: t("order"), cell: (order) => <a href={href(`/orders/${order.id}`)}>{order.id.slice(0, 8)}…</a> },
            { label: t("state"), cell: (order) => <Badge state={order.status} /> },
            { label: t("total"), cell: (order) => formatMoney(order.total, language) },
            { label: t("at"), cell: (order) => time(order.createdAt) },
          ]}
        />
      </Section>
    </>
  );
}

function Order({ id }: { id: string }) {
  const { data: order, problem } = useLoad(() => client.GET("/api/v1/orders/{id}", { params: { path: { id } } }), [id]);
  return (
    <>
      <Failure problem={problem} />
      {order && (
        <>
          <Facts
            rows={[
              [t("id"), <Id value={order.id} />],
              [t("user"), <Id value={order.ownerId} />],
              [t("state"), <Badge state={order.status} kind={order.status === "cancelled" ? "bad" : "good"} />],
              [t("cancelReason"), order.cancelReason],
              [t("total"), formatMoney(order.total, language)],
              [t("at"), time(order.createdAt)],
            ]}
          />
          <Table
            label={t("lines")} rows={order.lines}
            columns={[
              { label: t("name"), cell: (line) => line.name },
              { label: t("quantity"), cell: (line) => number(line.quantity) },
              { label: t("unitPrice"), cell: (line) => formatMoney(line.unitPrice, language) },
              { label: t("amount"), cell: (line) => formatMoney(line.amount, language) },
            ]}
          />
        </>
      )}
    </>
  );
}
