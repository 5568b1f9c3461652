import { client, given } from "../api";
import type { PageProps } from "../app";
import { t, time } from "../i18n";
import { href, navigate } from "../router";
import { Act, Badge, Done, Facts, Failure, Form, Id, List, Section, useLoad } from "../ui";
import type { Schema } from "@portico/client";
import { useState } from "preact/hooks";

type DeadLetter = Schema<"DeadLetterDto">;

/** Events and messages that could not be handled, with their payloads. */
export function DeadLetters({ id }: PageProps) {
  const [kind, setKind] = useState("");
  const [done, setDone] = useState<string>();
  const [round, setRound] = useState(0);
  const finish = () => {
    setDone(t("done"));
    setRound((count) => count + 1);
  };
  return (
    <>
      <h1>{t("deadLetters")}</h1>
      <Done text={done} />
      {id && <Letter key={`${id}-${round}`} id={id} onDone={finish} />}
      <Section title={t("deadLetters")}>
        <Form
          kind="row" submit={t("show")} onSubmit={(values) => setKind(values.kind ?? "")}
          fields={[{ name: "kind", label: t("kind"), options: [["", t("all")], ["event", t("event")], ["message", t("message")]] }]}
        />
        <List<DeadLetter>
          label={t("deadLetters")} values={[kind, round]} 
          read={(cursor) => client.GET("/api/v1/dead-letters", {
            params: { query: given({ kind: kind as DeadLetter["kind"], cursor }) },
          })}
          columns={[
            { label: t("name"), cell: (letter) => <a href={href(`/dead-letters/${letter.id}`)}>{letter.name}</a> },
            { label: t("kind"), cell: (letter) => <Badge state={letter.kind} /> },
            { label: t("cause"), cell: (letter) => letter.reason },
            { label: t("diedAt"), cell: (letter) => time(letter.diedAt) },
            { label: t("replay"), cell: (letter) => time(letter.replayRequestedAt) },
          ]}
        />
      </Section>
    </>
  );
}

function Letter({ id, onDone }: { id: string; onDone: () => void }) {
  const params = { path: { id } };
  const { data, problem } = useLoad(() => client.GET("/api/v1/dead-letters/{id}", { params }), [id]);
  const letter = data?.letter;
  const one = () => Promise.resolve(t("deadLetterConcerned", { name: letter?.name ?? "" }));
  return (
    <>
      <Failure problem={problem} />
      {letter && (
        <Section
          title={letter.name}
          actions={(
            <>
              <Act
                label={t("replay")} title={t("replayTitle")} reason="required" isDanger={false} preview={one}
                run={({ reason = "" }) => client.POST("/api/v1/dead-letters/{id}/replay", { params, body: { reason } })} onDone={onDone}
              />
              <Act
                label={t("drop")} title={t("dropTitle")} reason="required" preview={one}
                run={({ reason = "" }) => client.DELETE("/api/v1/dead-letters/{id}", { params, body: { reason } })}
                onDone={() => {
                  onDone();
                  navigate("/dead-letters");
                }}
              />
            </>
          )}
        >
          <Facts
            rows={[
              [t("id"), <Id value={letter.id} />],
              [t("kind"), letter.kind],
              [t("cause"), letter.reason],
              [t("diedAt"), time(letter.diedAt)],
              [t("replay"), letter.replayRequestedAt && time(letter.replayRequestedAt)],
            ]}
          />
          <pre tabIndex={0}>{data?.content ? JSON.stringify(data.content, null, 2) : data?.text}</pre>
        </Section>
      )}
    </>
  );
}
