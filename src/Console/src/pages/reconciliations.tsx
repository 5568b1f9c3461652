import { dataOf, formatMoney, type Schema } from "@portico/client";
import { useState } from "preact/hooks";
import { client, given } from "../api";
import type { PageProps } from "../app";
import { language, number, t, time, type Word } from "../i18n";
import { href, navigate } from "../router";
import { Badge, Facts, Failure, Form, Id, List, Section, Table, useLoad, type Values } from "../ui";
import { providers } from "./payments";

type Summary = Schema<"ReconciliationSummaryDto">;
type Difference = Schema<"DifferenceDto">;
type Kind = Difference["kind"];

const kinds: Record<Kind, Word> = {
  missingHere: "missingHere", missingThere: "missingThere", late: "late", twice: "twice", wrongAmount: "wrongAmount",
  wrongFee: "wrongFee", wrongCurrency: "wrongCurrency",
};

/** Reports of payment providers that are compared with the ledger, and what differs. */
export function Reconciliations({ id }: PageProps) {
  return (
    <>
      <h1>{t("reconciliations")}</h1>
      {id && <Reconciliation key={id} id={id} />}
      <Section title={t("compareReport")}>
        <p class="soft">{t("compareText")}</p>
        <Form
          kind="row" submit={t("compare")} onSubmit={compare}
          fields={[
            { name: "provider", label: t("provider"), options: providers },
            { name: "from", label: t("fromUtc"), type: "datetime-local", isRequired: true },
            { name: "to", label: t("toUtc"), type: "datetime-local", isRequired: true },
            { name: "report", label: t("reportFile"), type: "file", isRequired: true },
          ]}
        />
      </Section>
      <Section title={t("reconciliations")}>
        <List<Summary>
          label={t("reconciliations")} values={[]}
          read={(cursor) => client.GET("/api/v1/ledger/reconciliations", { params: { query: given({ cursor }) } })}
          columns={[
            { label: t("at"), cell: (one) => <a href={href(`/reconciliations/${one.id}`)}>{time(one.createdAt)}</a> },
            { label: t("provider"), cell: (one) => one.provider },
            { label: t("period"), cell: (one) => period(one) },
            { label: t("rows"), cell: (one) => number(one.rows) },
            { label: t("matched"), cell: (one) => number(one.matched) },
            { label: t("differences"), cell: (one) => <Count value={one.counts.total} /> },
          ]}
        />
      </Section>
    </>
  );
}

/** Sends the file as it is; the answer has its own page. */
async function compare({ provider, from = "", to = "" }: Values, form: FormData): Promise<void> {
  const made = await dataOf(client.POST("/api/v1/ledger/reconciliations", {
    params: { query: { provider: provider as Summary["provider"], from: utc(from), to: utc(to) } },
    headers: { "Content-Type": "text/csv" },
    body: form.get("report") as unknown as string,
    bodySerializer: (file) => file,
  }));
  navigate(`/reconciliations/${made.id}`);
}

/** What was typed is UTC, as the reports are. */
function utc(text: string): string {
  return new Date(`${text}Z`).toISOString();
}

function period({ from, to }: { from: string; to: string }): string {
  return `${from.slice(0, 16).replace("T", " ")} – ${to.slice(0, 16).replace("T", " ")} UTC`;
}

function Count({ value }: { value: number }) {
  return <Badge state={number(value)} kind={value > 0 ? "bad" : "good"} />;
}

function Reconciliation({ id }: { id: string }) {
  const [kind, setKind] = useState("");
  const params = { path: { id } };
  const loaded = useLoad(() => client.GET("/api/v1/ledger/reconciliations/{id}", { params }), [id]);
  const { data } = loaded;
  return (
    <>
      <Failure problem={loaded.problem} />
      {data && (
        <>
          <Section title={t("reconciliation")}>
            <Facts
              rows={[
                [t("id"), <Id value={data.id} />],
                [t("provider"), data.provider],
                [t("period"), period(data)],
                [t("rows"), number(data.rows)],
                [t("rowsOutside"), number(data.rowsOutside)],
                [t("matched"), number(data.matched)],
                [t("differences"), <Count value={data.counts.total} />],
                ...Object.entries(kinds).map(([one, word]): [string, preact.ComponentChildren] =>
                  [t(word), number(data.counts[one as Kind])]),
                ["SHA-256", <Id value={data.fileSha256} />],
                [t("repeatOf"), data.repeatOf && <a href={href(`/reconciliations/${data.repeatOf}`)}>{data.repeatOf.slice(0, 8)}…</a>],
              ]}
            />
            <Table
              label={t("totals")} rows={data.totals}
              columns={[
                { label: t("name"), cell: (total) => total.name },
                { label: t("reported"), cell: (total) => sum(total.reportedCount, total.reported, total.reportedFee) },
                { label: t("booked"), cell: (total) => total.compared ? sum(total.bookedCount, total.booked, total.bookedFee) : "–" },
              ]}
            />
          </Section>
          <Section title={t("differences")}>
            <Form
              kind="row" submit={t("show")} onSubmit={(values) => setKind(values.kind ?? "")}
              fields={[{
                name: "kind", label: t("kind"),
                options: [["", t("all")], ...Object.entries(kinds).map(([one, word]): [string, string] => [one, t(word)])],
              }]}
            />
            <List<Difference>
              label={t("differences")} values={[id, kind]}
              read={(cursor) => client.GET("/api/v1/ledger/reconciliations/{id}/differences", {
                params: { ...params, query: given({ kind: kind as Kind, cursor }) },
              })}
              columns={[
                { label: t("kind"), cell: (one) => <Badge state={t(kinds[one.kind])} kind={one.kind === "late" ? "plain" : "bad"} /> },
                { label: t("subject"), cell: (one) => one.subject },
                {
                  label: t("payment"),
                  cell: ({ paymentId, providerId }) => (
                    <>
                      <code class="id">{providerId ?? "–"}</code>
                      {paymentId && <> <a href={href(`/payments/${paymentId}`)}>{paymentId.slice(0, 8)}…</a></>}
                    </>
                  ),
                },
                { label: t("reported"), cell: ({ reported }) => reported ? row(reported, t("line", { line: reported.line })) : "–" },
                { label: t("booked"), cell: ({ booked }) => booked ? row(booked, booked.journalId) : "–" },
              ]}
            />
          </Section>
        </>
      )}
    </>
  );
}

function sum(count: number, amount: Schema<"Money">, fee: Schema<"Money">) {
  return <>{number(count)} · {formatMoney(amount, language)} <span class="soft">({t("fee")} {formatMoney(fee, language)})</span></>;
}

function row(one: Pick<Schema<"ReportedRowDto">, "times" | "amount" | "fee" | "at">, place: string) {
  return (
    <>
      {formatMoney(one.amount, language)}
      {one.fee && <span class="soft"> ({t("fee")} {formatMoney(one.fee, language)})</span>}
      {one.times > 1 && <strong> ×{one.times}</strong>}
      <br />
      <small class="soft">{time(one.at)} · {place}</small>
    </>
  );
}
