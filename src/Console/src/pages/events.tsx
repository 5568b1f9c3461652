import { dataOf, type Schema } from "@portico/client";
import { useEffect, useState } from "preact/hooks";
import { client, given } from "../api";
import type { PageProps } from "../app";
import { t, time } from "../i18n";
import { href, navigate } from "../router";
import { Act, Badge, Done, Facts, Failure, Form, Id, List, Section, instant, useLoad } from "../ui";

type SportsEvent = Schema<"EventDto">;
type Outcome = Schema<"Outcome">;
type Status = Schema<"EventStatus">;

const statuses: [string, string][] = [
  ["", t("all")], ["open", "open"], ["closed", "closed"], ["settling", "settling"], ["settled", "settled"],
];
const outcomes: [Outcome, string][] = [["win1", t("win1")], ["win2", t("win2")], ["draw", t("draw")]];

/** Sports events, and the leaderboard of all of them. */
export function Events() {
  const [filter, setFilter] = useState<{ search: string; status: string }>({ search: "", status: "" });
  const { search, status } = filter;
  return (
    <>
      <h1>{t("events")}</h1>
      <Section
        title={t("events")}
        actions={(
          <Act
            label={t("newEvent")} title={t("newEvent")} isDanger={false}
            fields={[
              { name: "title", label: t("eventTitle"), isRequired: true, maxLength: 200 },
              { name: "closesAt", label: t("closesAt"), type: "datetime-local" },
            ]}
            run={({ title = "", closesAt }, sendOnce) => sendOnce((key) => client.POST("/api/v1/events", {
              params: { header: { "Idempotency-Key": key } }, body: { title, closesAt: instant(closesAt) ?? null },
            }))}
            onDone={(event) => navigate(`/events/${(event as SportsEvent).id}`)}
          />
        )}
      >
        <Form
          kind="row" submit={t("show")} onSubmit={(values) => setFilter({ search: values.search ?? "", status: values.status ?? "" })}
          fields={[
            { name: "search", label: t("eventTitle"), type: "search", maxLength: 100 },
            { name: "status", label: t("state"), options: statuses },
          ]}
        />
        <List<SportsEvent>
          label={t("events")} values={[filter]}
          read={(cursor) => client.GET("/api/v1/events", {
            params: { query: given({ search, status: status as Status, cursor }) },
          })}
          columns={[
            { label: t("eventTitle"), cell: (event) => <a href={href(`/events/${event.id}`)}>{event.title}</a> },
            { label: t("state"), cell: (event) => <Badge state={event.status} kind={event.status === "open" ? "good" : "plain"} /> },
            { label: t("closesAt"), cell: (event) => time(event.closesAt) },
            { label: t("result"), cell: (event) => event.result ?? "–" },
          ]}
        />
      </Section>
      <Section title={t("leaderboard")}>
        <List
          label={t("leaderboard")} values={[]}
          read={(cursor) => client.GET("/api/v1/leaderboard", { params: { query: given({ limit: 10, cursor }) } })}
          columns={[
            { label: t("rank"), cell: (row) => row.rank },
            { label: t("name"), cell: (row) => row.displayName },
            { label: t("points"), cell: (row) => row.points },
            { label: t("forecasts"), cell: (row) => row.forecasts },
          ]}
        />
      </Section>
    </>
  );
}

/** One sports event with its forecasts and its leaderboard. */
export function SportEvent({ id = "" }: PageProps) {
  const [done, setDone] = useState<string>();
  const loaded = useLoad(() => client.GET("/api/v1/events/{id}", { params: { path: { id } } }), [id]);
  const event = loaded.data;
  const finish = () => {
    setDone(t("done"));
    loaded.reload();
  };

  // A poll that failed is no end of the settlement.
  const [isSettling, setSettling] = useState(false);
  useEffect(() => event && setSettling(event.status === "settling"), [event]);
  useEffect(() => {
    if (!isSettling) {
      return;
    }
    const timer = setInterval(loaded.reload, 1000);
    return () => clearInterval(timer);
  }, [isSettling]);

  const forecasts = async () => {
    const page = await dataOf(client.GET("/api/v1/events/{id}/forecasts", { params: { path: { id }, query: { limit: 100 } } }));
    return t("forecastsConcerned", { count: `${page.items.length}${page.nextCursor ? "+" : ""}` });
  };
  const version = { path: { id }, header: { "If-Match": `"${event?.version}"` } };

  return (
    <>
      <h1>{event?.title ?? t("event")}</h1>
      <Failure problem={loaded.problem} />
      <Done text={done} />
      {event && (
        <Section
          title={t("event")}
          actions={(
            <>
              {event.status === "open" && (
                <>
                  <Act
                    label={t("change")} title={t("change")} isDanger={false}
                    fields={[
                      { name: "title", label: t("eventTitle"), isRequired: true, value: event.title, maxLength: 200 },
                      { name: "closesAt", label: t("closesAt"), type: "datetime-local", value: localTime(event.closesAt) },
                    ]}
                    run={({ title = "", closesAt }) => client.PUT("/api/v1/events/{id}", {
                      params: version, body: { title, closesAt: instant(closesAt) ?? null },
                    })}
                    onDone={finish}
                  />
                  <Act
                    label={t("close")} title={t("closeTitle")} preview={forecasts}
                    run={() => client.POST("/api/v1/events/{id}/close", { params: { path: { id } } })} onDone={finish}
                  />
                </>
              )}
              {!event.result && (
                <Act
                  label={t("setResult")} title={t("setResultTitle")} preview={forecasts}
                  fields={[{ name: "outcome", label: t("result"), options: outcomes }]}
                  run={({ outcome }) => client.POST("/api/v1/events/{id}/result", {
                    params: { path: { id } }, body: { outcome: outcome as Outcome },
                  })}
                  onDone={finish}
                />
              )}
              {!event.result && (
                <Act
                  label={t("delete")} title={t("deleteEventTitle")} preview={forecasts}
                  run={() => client.DELETE("/api/v1/events/{id}", { params: version })} onDone={() => navigate("/events")}
                />
              )}
            </>
          )}
        >
          <Facts
            rows={[
              [t("id"), <Id value={event.id} />],
              [t("state"), <Badge state={event.status} kind={event.status === "open" ? "good" : "plain"} />],
              [t("closesAt"), time(event.closesAt)],
              [t("result"), event.result ?? "–"],
              [t("resultSetAt"), time(event.resultSetAt)],
            ]}
          />
          {isSettling && <p role="status"><progress aria-label={t("settling")} /> {t("settling")}</p>}
        </Section>
      )}
      <div class="columns">
        <Section title={t("forecasts")}>
          <List
            label={t("forecasts")} values={[id, event?.status]}
            read={(cursor) => client.GET("/api/v1/events/{id}/forecasts", { params: { path: { id }, query: given({ cursor }) } })}
            columns={[
              { label: t("user"), cell: (forecast) => `${forecast.ownerId.slice(0, 8)}…` },
              { label: t("outcome"), cell: (forecast) => forecast.outcome },
              { label: t("points"), cell: (forecast) => forecast.points ?? "–" },
              { label: t("at"), cell: (forecast) => time(forecast.updatedAt ?? forecast.createdAt) },
            ]}
          />
        </Section>
        <Section title={t("leaderboard")}>
          <List
            label={t("leaderboard")} values={[id, event?.status]}
            read={(cursor) => client.GET("/api/v1/events/{id}/leaderboard", { params: { path: { id }, query: given({ cursor }) } })}
            columns={[
              { label: t("rank"), cell: (row) => row.rank },
              { label: t("name"), cell: (row) => row.displayName },
              { label: t("outcome"), cell: (row) => row.outcome },
              { label: t("points"), cell: (row) => row.points },
            ]}
          />
        </Section>
      </div>
    </>
  );
}

/** A time of the API as the value of a `datetime-local` field. */
function localTime(iso: string | null): string {
  if (!iso) {
    return "";
  }
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
