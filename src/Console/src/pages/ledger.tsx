import { dataOf, formatMoney, type Schema } from "@portico/client";
import { useEffect, useState } from "preact/hooks";
import { client, given } from "../api";
import { language, number, t, time } from "../i18n";
import { Badge, Facts, Failure, Id, List, Section, Table, problemOf, useLoad } from "../ui";

/** The books as a whole: the sums of each currency, the verification, and the sealed blocks. */
export function Ledger() {
  const balance = useLoad(() => client.GET("/api/v1/ledger/trial-balance"), []);
  return (
    <>
      <h1>{t("ledger")}</h1>
      <Section
        title={t("trialBalance")}
        actions={balance.data && (balance.data.balanced
          ? <Badge state={t("balanced")} kind="good" />
          : <Badge state={t("notBalanced")} kind="bad" />)}
      >
        <Failure problem={balance.problem} />
        {balance.isLoading && <p class="soft">{t("loading")}</p>}
        {balance.data && (
          <Table
            label={t("trialBalance")}
            rows={balance.data.currencies.flatMap(({ currency, accounts }) => accounts.map((account) => ({ ...account, currency })))}
            columns={[
              { label: t("currency"), cell: (row) => row.currency },
              { label: t("accountKind"), cell: (row) => row.kind },
              { label: t("accounts"), cell: (row) => number(row.count) },
              { label: t("debit"), cell: (row) => formatMoney(row.debit, language) },
              { label: t("credit"), cell: (row) => formatMoney(row.credit, language) },
              { label: t("held"), cell: (row) => formatMoney(row.held, language) },
            ]}
          />
        )}
      </Section>
      <Verification />
      <Section title={t("blocks")}>
        <List
          label={t("blocks")} values={[]}
          read={(cursor) => client.GET("/api/v1/ledger/heads", { params: { query: given({ limit: 5, cursor }) } })}
          columns={[
            { label: t("height"), cell: (head) => head.height },
            { label: t("transfers"), cell: (head) => number(head.journals) },
            { label: t("hash"), cell: (head) => <Id value={head.hash} /> },
            { label: t("sealedAt"), cell: (head) => time(head.sealedAt) },
          ]}
        />
      </Section>
    </>
  );
}

/** Recomputes every balance; the request takes as long as the ledger is large, so its time is counted meanwhile. */
function Verification() {
  const [started, setStarted] = useState<number>();
  const [seconds, setSeconds] = useState(0);
  const [result, setResult] = useState<Schema<"LedgerVerificationDto">>();
  const [problem, setProblem] = useState<Schema<"Problem">>();

  useEffect(() => {
    if (started === undefined) {
      return;
    }
    const timer = setInterval(() => setSeconds(Math.round((Date.now() - started) / 1000)), 250);
    return () => clearInterval(timer);
  }, [started]);

  const verify = async () => {
    setStarted(Date.now());
    setSeconds(0);
    setProblem(undefined);
    try {
      setResult(await dataOf(client.GET("/api/v1/ledger/verification")));
    } catch (failure) {
      setProblem(problemOf(failure));
    } finally {
      setStarted(undefined);
    }
  };

  return (
    <Section
      title={t("verification")}
      actions={<button type="button" class="primary" disabled={started !== undefined} onClick={() => void verify()}>{t("verify")}</button>}
    >
      <Failure problem={problem} />
      {started !== undefined && (
        <p role="status">
          <progress aria-label={t("verification")} /> {t("verifying", { seconds })}
        </p>
      )}
      {result && (
        <>
          <Facts
            rows={[
              [t("state"), <Clean isClean={result.clean} />],
              [t("accounts"), number(result.accounts)],
              [t("postings"), number(result.postings)],
              [t("blocks"), number(result.blocks)],
              [t("duration"), `${number(result.durationMs)} ${t("ms")}`],
            ]}
          />
          <Table
            label={t("verification")} rows={result.checks}
            columns={[
              { label: t("check"), cell: (check) => check.promise },
              { label: t("state"), cell: (check) => <Clean isClean={check.clean} /> },
              {
                label: t("firstWrong"),
                cell: ({ firstWrong }) => firstWrong ? `${firstWrong.table} ${firstWrong.row}: ${firstWrong.problem}` : "–",
              },
            ]}
          />
        </>
      )}
    </Section>
  );
}

function Clean({ isClean }: { isClean: boolean }) {
  return <Badge state={t(isClean ? "clean" : "notClean")} kind={isClean ? "good" : "bad"} />;
}
