import { dataOf, formatMoney, parseMoney, type Problem, type Schema } from "@portico/client";
import { useState } from "preact/hooks";
import { client, given } from "../api";
import type { PageProps } from "../app";
import { language, t, time } from "../i18n";
import { Plot } from "../plot";
import { navigate } from "../router";
import {
  Act, Badge, Done, Facts, Failure, Form, Id, List, Section, Table, instant, problemOf, useLoad, type SendOnce, type Values,
} from "../ui";
import { WalletLimits } from "./limits";

type Entry = Schema<"EntryDto">;

/** A wallet by its id, with its history; and transfers and holds by theirs. */
export function Wallets({ id, session }: PageProps) {
  return (
    <>
      <h1>{t("wallets")}</h1>
      <div class="columns">
        <Section title={t("wallet")}>
          <Form
            key={id} kind="row" submit={t("show")} fields={[{ name: "id", label: t("walletId"), isRequired: true, value: id ?? "" }]}
            onSubmit={(values) => navigate(`/wallets/${encodeURIComponent(values.id ?? "")}`)}
          />
        </Section>
        <Transfer permissions={session.permissions} />
        <Hold />
      </div>
      {id && <Wallet key={id} id={id} permissions={session.permissions} />}
    </>
  );
}

function Wallet({ id, permissions }: { id: string; permissions: string[] }) {
  const [done, setDone] = useState<string>();
  const [round, setRound] = useState(0);
  const balance = useLoad(() => client.GET("/api/v1/wallets/{id}/balance", { params: { path: { id } } }), [id]);
  const recent = useLoad(
    () => client.GET("/api/v1/wallets/{id}/entries", { params: { path: { id }, query: { limit: 100 } } }), [id, round],
  );
  const wallet = balance.data;
  const finish = () => {
    setDone(t("done"));
    setRound((count) => count + 1);
    balance.reload();
  };

  const fields = [
    { name: "amount", label: t("amountIn", { currency: wallet?.balance.currency ?? "" }), isRequired: true },
    { name: "description", label: t("reason"), isRequired: true, maxLength: 200 },
  ];
  const cash = (path: "/api/v1/deposits" | "/api/v1/withdrawals") => (values: Values, sendOnce: SendOnce) =>
    sendOnce((key) => client.POST(path, {
      params: { header: { "Idempotency-Key": key } },
      body: { walletId: id, amount: amountOf(values.amount, wallet?.balance), description: values.description || null },
    }));
  const now = () => Promise.resolve(t("balanceNow", { balance: wallet ? formatMoney(wallet.available, language) : "" }));
  const plotted = [...(recent.data?.items ?? [])].reverse();

  return (
    <>
      <Failure problem={balance.problem} />
      <Done text={done} />
      {wallet && (
        <Section
          title={t("balance")}
          actions={(
            <>
              {permissions.includes("money.deposit") && (
                <Act
                  label={t("deposit")} title={t("deposit")} isDanger={false} preview={now} fields={fields}
                  run={cash("/api/v1/deposits")} onDone={finish}
                />
              )}
              {permissions.includes("money.withdraw") && (
                <Act
                  label={t("withdraw")} title={t("withdraw")} preview={now} fields={fields}
                  run={cash("/api/v1/withdrawals")} onDone={finish}
                />
              )}
            </>
          )}
        >
          <Facts
            rows={[
              [t("id"), <Id value={wallet.walletId} />],
              [t("balance"), formatMoney(wallet.balance, language)],
              [t("held"), formatMoney(wallet.held, language)],
              [t("available"), formatMoney(wallet.available, language)],
            ]}
          />
          {plotted.length > 1 && (
            <Plot
              label={t("balancePlot")} isStepped times={plotted.map((entry) => Date.parse(entry.createdAt) / 1000)}
              series={[{ label: t("balance"), values: plotted.map((entry) => Number(entry.balance.amount)) }]}
            />
          )}
        </Section>
      )}
      {wallet && (
        <>
          <Section title={t("entries")}>
            <List<Entry>
              label={t("entries")} values={[id, round]} columns={entryColumns}
              read={(cursor) => client.GET("/api/v1/wallets/{id}/entries", { params: { path: { id }, query: given({ cursor }) } })}
            />
          </Section>
          <Statement id={id} />
          <WalletLimits id={id} />
        </>
      )}
    </>
  );
}

const entryColumns = [
  { label: t("at"), cell: (entry: Entry) => time(entry.createdAt) },
  { label: t("kind"), cell: (entry: Entry) => entry.kind },
  { label: t("amount"), cell: (entry: Entry) => formatMoney(entry.amount, language) },
  { label: t("balance"), cell: (entry: Entry) => formatMoney(entry.balance, language) },
  { label: t("transfer"), cell: (entry: Entry) => <Id value={entry.transferId} /> },
  { label: t("description"), cell: (entry: Entry) => entry.description ?? "–" },
];

function Statement({ id }: { id: string }) {
  const [statement, setStatement] = useState<Schema<"StatementDto">>();
  const [range, setRange] = useState<{ from?: string; to?: string }>({});
  const [problem, setProblem] = useState<Problem>();
  const save = async () => {
    setProblem(undefined);
    try {
      await saveCsv(id, range);
    } catch (failure) {
      setProblem(problemOf(failure));
    }
  };
  return (
    <Section title={t("statement")}>
      <Form
        kind="row" submit={t("show")}
        fields={[
          { name: "from", label: t("from"), type: "datetime-local" },
          { name: "to", label: t("to"), type: "datetime-local" },
        ]}
        onSubmit={async (values) => {
          const range = given({ from: instant(values.from), to: instant(values.to) });
          setStatement(await dataOf(client.GET("/api/v1/wallets/{id}/statement", { params: { path: { id }, query: range } })));
          setRange(range);
          setProblem(undefined);
        }}
      />
      {statement && (
        <>
          <Facts
            rows={[
              [t("opening"), formatMoney(statement.opening, language)],
              [t("closing"), formatMoney(statement.closing, language)],
              [t("entries"), statement.entryCount],
            ]}
          />
          {statement.entries.length > 0 && <Table label={t("statement")} rows={statement.entries} columns={entryColumns} />}
          <button type="button" onClick={() => void save()}>{t("saveCsv")}</button>
          <Failure problem={problem} />
        </>
      )}
    </Section>
  );
}

/** Saves the statement as the API writes it: a link could not ask for CSV. */
async function saveCsv(id: string, query: { from?: string; to?: string }): Promise<void> {
  const file = await dataOf(client.GET("/api/v1/wallets/{id}/statement", {
    params: { path: { id }, query }, headers: { Accept: "text/csv" }, parseAs: "blob",
  }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${id}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function Transfer({ permissions }: { permissions: string[] }) {
  const [transfer, setTransfer] = useState<Schema<"TransferDto">>();
  const [done, setDone] = useState<string>();
  return (
    <Section title={t("transfer")}>
      <Form
        kind="row" submit={t("show")} fields={[{ name: "id", label: t("transferId"), isRequired: true }]}
        onSubmit={async ({ id = "" }) => {
          setDone(undefined);
          setTransfer(await dataOf(client.GET("/api/v1/transfers/{id}", { params: { path: { id } } })));
        }}
      />
      <Done text={done} />
      {transfer && (
        <>
          <Facts
            rows={[
              [t("id"), <Id value={transfer.id} />],
              [t("kind"), transfer.kind],
              [t("amount"), formatMoney(transfer.amount, language)],
              [t("fromWallet"), <Id value={transfer.fromWalletId} />],
              [t("toWallet"), <Id value={transfer.toWalletId} />],
              [t("description"), transfer.description],
              [t("at"), time(transfer.createdAt)],
            ]}
          />
          {permissions.includes("money.reverse") && (
            <Act
              label={t("reverse")} title={t("reverseTitle")}
              preview={() => Promise.resolve(t("reverseText", { amount: formatMoney(transfer.amount, language) }))}
              fields={[
                { name: "amount", label: t("amountIn", { currency: transfer.amount.currency }), hint: t("wholeHint") },
                { name: "description", label: t("reason"), isRequired: true, maxLength: 200 },
              ]}
              run={(values, sendOnce) => sendOnce((key) => client.POST("/api/v1/transfers/{id}/reverse", {
                params: { path: { id: transfer.id }, header: { "Idempotency-Key": key } },
                body: { amount: values.amount ? amountOf(values.amount, transfer.amount) : null, description: values.description || null },
              }))}
              onDone={(reversal) => {
                setTransfer(reversal as Schema<"TransferDto">);
                setDone(t("reversed"));
              }}
            />
          )}
        </>
      )}
    </Section>
  );
}

function Hold() {
  const [hold, setHold] = useState<Schema<"HoldDto">>();
  return (
    <Section title={t("hold")}>
      <Form
        kind="row" submit={t("show")} fields={[{ name: "id", label: t("holdId"), isRequired: true }]}
        onSubmit={async ({ id = "" }) => setHold(await dataOf(client.GET("/api/v1/holds/{id}", { params: { path: { id } } })))}
      />
      {hold && (
        <Facts
          rows={[
            [t("id"), <Id value={hold.id} />],
            [t("state"), <Badge state={hold.status} />],
            [t("amount"), formatMoney(hold.amount, language)],
            [t("remaining"), formatMoney(hold.remaining, language)],
            [t("fromWallet"), <Id value={hold.fromWalletId} />],
            [t("toWallet"), <Id value={hold.toWalletId} />],
            [t("expiresAt"), time(hold.expiresAt)],
          ]}
        />
      )}
    </Section>
  );
}

/** What was typed as an amount of the same currency; what is none is sent as it is, so that the API says what is wrong. */
export function amountOf(text = "", like?: Schema<"Money">): Schema<"Money"> {
  const currency = like?.currency ?? "";
  return parseMoney(text, currency, like?.amount.split(".")[1]?.length ?? 0) ?? { amount: text, currency };
}
