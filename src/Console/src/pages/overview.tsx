import { client, listen } from "../api";
import { number, t, time } from "../i18n";
import { Plot } from "../plot";
import { Badge, Facts, Failure, Section, Table, useLoad } from "../ui";
import type { Schema } from "@portico/client";
import { useEffect, useState } from "preact/hooks";

type Numbers = Schema<"OverviewDto">;

/** Five minutes of numbers that come every two seconds. */
const kept = 150;
const interval = 2;

/** The health, the lag and the rates of the server that answers, live. */
export function Overview() {
  const first = useLoad(() => client.GET("/api/v1/overview"), []);
  const [history, setHistory] = useState<Numbers[]>([]);
  const [isLive, setLive] = useState(false);

  useEffect(() => {
    return listen("/api/v1/overview/events", {
      events: {
        overview: (data) => {
          setLive(true);
          setHistory((old) => [...old.slice(1 - kept), JSON.parse(data) as Numbers]);
        },
      },
      onBroken: () => setLive(false),
    });
  }, []);

  const now = history.at(-1) ?? first.data;
  if (!now) {
    return (
      <>
        <h1>{t("overview")}</h1>
        <Failure problem={first.problem} />
        {first.isLoading && <p class="soft">{t("loading")}</p>}
      </>
    );
  }

  const times = history.map((one) => Date.parse(one.at) / 1000);
  const dead = now.deadLetters.events + now.deadLetters.messages;
  return (
    <>
      <header class="heading">
        <h1>{t("overview")}</h1>
        <Badge state={isLive ? t("live") : t("notLive")} kind={isLive ? "good" : "plain"} />
      </header>
      <div class="tiles">
        <Tile label={t("requests")} value={number(now.requests.perSecond)} unit={t("perSecond")} />
        <Tile label={t("clientErrors")} value={number(now.requests.clientErrorsPerSecond)} unit={t("perSecond")} />
        <Tile
          label={t("serverErrors")} value={number(now.requests.serverErrorsPerSecond)} unit={t("perSecond")}
          isBad={now.requests.serverErrorsPerSecond > 0}
        />
        <Tile label={t("postingsOfLedger")} value={number(now.ledger.instructionsPerSecond)} unit={t("perSecond")} />
        <Tile label={t("refusedByLimits")} value={number(now.limits.refusedPerSecond)} unit={t("perSecond")} />
        <Tile label={t("deadLetters")} value={number(dead)} unit={t("waiting")} isBad={dead > 0} />
      </div>
      <Section title={t("requests")}>
        <Plot
          label={t("requestsPlot")} times={times} windowSeconds={kept * interval}
          series={[
            { label: t("requests"), values: history.map((one) => one.requests.perSecond) },
            { label: t("serverErrors"), values: history.map((one) => one.requests.serverErrorsPerSecond) },
            { label: t("postingsOfLedger"), values: history.map((one) => one.ledger.instructionsPerSecond) },
          ]}
        />
      </Section>
      <div class="columns">
        <Section title={t("health")} actions={<Badge state={now.health.status} kind={now.health.status === "ready" ? "good" : "bad"} />}>
          <Table
            label={t("health")} rows={now.health.checks}
            columns={[
              { label: t("name"), cell: (check) => check.name },
              { label: t("state"), cell: (check) => <Badge state={check.status} kind={check.status === "ok" ? "good" : "bad"} /> },
              { label: t("duration"), cell: (check) => `${number(check.durationMs)} ${t("ms")}` },
            ]}
          />
        </Section>
        <Section title={t("lag")}>
          <Facts
            rows={[
              [t("outboxWaiting"), number(now.outbox.waiting)],
              [t("outboxLag"), t("seconds", { seconds: number(now.outbox.oldestSeconds) })],
              [t("messagesQueued"), number(now.messages.waiting)],
              [t("messagesLag"), t("seconds", { seconds: number(now.messages.oldestSeconds) })],
              [t("ledgerWaiting"), number(now.ledger.waiting)],
              [t("instance"), now.instance],
              [t("at"), time(now.at)],
            ]}
          />
        </Section>
      </div>
    </>
  );
}

function Tile({ label, value, unit, isBad = false }: { label: string; value: string; unit: string; isBad?: boolean }) {
  return (
    <div class={isBad ? "tile bad" : "tile"}>
      <span>{label}</span>
      <strong>{value}</strong>
      <small>{unit}</small>
    </div>
  );
}
