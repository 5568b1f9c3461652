import type { Answer, Page, Schema } from "@portico/client";
import { useState } from "preact/hooks";
import { client, given } from "../api";
import { t, time } from "../i18n";
import { href } from "../router";
import { Form, List, Section, instant, type Values } from "../ui";

type Entry = Schema<"AuditEntryDto">;

export function Audit() {
  const [filter, setFilter] = useState<Values>({});
  const { actor, subject, action } = filter;
  const from = instant(filter.from);
  const to = instant(filter.to);
  return (
    <>
      <h1>{t("audit")}</h1>
      <Section title={t("filter")}>
        <Form
          kind="row" submit={t("show")} onSubmit={setFilter}
          fields={[
            { name: "actor", label: t("actor"), hint: t("idHint") },
            { name: "subject", label: t("subject"), hint: t("idHint") },
            { name: "action", label: t("action"), hint: t("actionHint") },
            { name: "from", label: t("from"), type: "datetime-local" },
            { name: "to", label: t("to"), type: "datetime-local" },
          ]}
        />
      </Section>
      <Section title={t("entries")}>
        <AuditRows
          values={[filter]}
          read={(cursor) => client.GET("/api/v1/audit", {
            params: { query: given({ actor, subject, action, from, to, cursor }) },
          })}
        />
      </Section>
    </>
  );
}

/** Rows of the audit log, each with what changed. */
export function AuditRows({ values, read }: { values: unknown[]; read: (cursor: string | undefined) => Promise<Answer<Page<Entry>>> }) {
  return (
    <List<Entry>
      label={t("audit")} values={values} read={read}
      columns={[
        { label: t("at"), cell: (entry) => time(entry.at) },
        { label: t("action"), cell: (entry) => <code>{entry.action}</code> },
        { label: t("actor"), cell: (entry) => entry.actor ? <a href={href(`/users/${entry.actor}`)}>{entry.actor.slice(0, 8)}…</a> : "–" },
        {
          label: t("subject"),
          cell: ({ subject }) => <span title={subject.id}>{subject.type} {subject.id.slice(0, 8)}…</span>,
        },
        { label: t("difference"), cell: (entry) => <Difference before={entry.before} after={entry.after} /> },
      ]}
    />
  );
}

/** The fields that changed, before and after. */
function Difference({ before, after }: { before: object | null; after: object | null }) {
  const old: Record<string, unknown> = { ...before };
  const next: Record<string, unknown> = { ...after };
  const fields = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter((field) => text(old[field]) !== text(next[field]));
  return fields.length === 0 ? <>–</> : (
    <ul class="difference">
      {fields.map((field) => (
        <li key={field}>
          {field}: {field in old && <del>{text(old[field])}</del>} {field in next && <ins>{text(next[field])}</ins>}
        </li>
      ))}
    </ul>
  );
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}
