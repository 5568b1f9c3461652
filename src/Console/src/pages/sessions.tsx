import { dataOf, type Schema } from "@portico/client";
import { useState } from "preact/hooks";
import { client, given } from "../api";
import { t, time } from "../i18n";
import { href } from "../router";
import { Act, Done, Failure, Form, Section, Table, instant, useLoad } from "../ui";

type Conditions = Omit<Schema<"EndMatchingSessions">, "reason">;

/** The sessions of all people: the filter of the list is what a bulk end uses, so the list is its preview. */
export function Sessions() {
  const [filter, setFilter] = useState<Conditions>({});
  const [done, setDone] = useState<string>();
  const find = () => client.GET("/api/v1/sessions", { params: { query: given(filter) } });
  const preview = useLoad(find, [filter]);
  const count = (data: { count: number; isComplete: boolean }) => `${data.count}${data.isComplete ? "" : "+"}`;

  return (
    <>
      <h1>{t("sessions")}</h1>
      <Done text={done} />
      <Section title={t("filter")}>
        <Form
          kind="row" submit={t("show")}
          fields={[
            { name: "userId", label: t("userId") },
            { name: "ip", label: t("ip"), hint: t("ipHint") },
            { name: "device", label: t("device"), hint: t("deviceHint") },
            { name: "openedBefore", label: t("openedBefore"), type: "datetime-local" },
            { name: "lastSeenBefore", label: t("lastSeenBefore"), type: "datetime-local" },
          ]}
          onSubmit={({ userId, ip, device, openedBefore, lastSeenBefore }) => {
            setFilter(given({ userId, ip, device, openedBefore: instant(openedBefore), lastSeenBefore: instant(lastSeenBefore) }));
          }}
        />
      </Section>
      <Section
        title={preview.data ? t("sessionsFound", { count: count(preview.data) }) : t("sessions")}
        actions={Object.keys(filter).length > 0 && (
          <Act
            label={t("endThese")} title={t("endThese")} reason="required"
            preview={async () => {
              const now = await dataOf(find());
              return t("sessionsWillEnd", { count: count(now) });
            }}
            run={({ reason = "" }) => client.POST("/api/v1/sessions/end", { body: { ...filter, reason } })}
            onDone={(data) => {
              setDone(t("sessionsEnded", { count: count(data as { count: number; isComplete: boolean }) }));
              preview.reload();
            }}
          />
        )}
      >
        <Failure problem={preview.problem} />
        {preview.data && preview.data.protectedCount > 0 && (
          <p class="soft">{t("sessionsProtected", { count: preview.data.protectedCount })}</p>
        )}
        {preview.data && preview.data.items.length > 0 && (
          <Table
            label={t("sessions")} rows={preview.data.items}
            columns={[
              { label: t("user"), cell: (session) => <a href={href(`/users/${session.userId}`)}>{session.userId.slice(0, 8)}…</a> },
              { label: t("device"), cell: (session) => session.device ?? "–" },
              { label: t("ip"), cell: (session) => session.ip ?? "–" },
              { label: t("opened"), cell: (session) => time(session.createdAt) },
              { label: t("lastSeen"), cell: (session) => time(session.lastSeenAt) },
            ]}
          />
        )}
        {preview.data && preview.data.items.length === 0 && <p class="soft">{t("nothing")}</p>}
      </Section>
    </>
  );
}
