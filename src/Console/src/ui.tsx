import { PorticoError, createSubmission, dataOf, fieldErrors, type Answer, type Page, type Problem } from "@portico/client";
import type { ComponentChildren, TargetedSubmitEvent } from "preact";
import { useCallback, useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { t } from "./i18n";

/** What a request has brought so far. */
export interface Loaded<Data> {
  data?: Data;
  problem?: Problem;
  isLoading: boolean;
  reload: () => void;
}

/**
 * Loads data when the page is shown, and again when one of the values changes; an answer that comes too late is dropped.
 * When a reload of the same values fails for a time, the data stays beside the problem, and so does a dialog that shows it.
 */
export function useLoad<Data>(load: () => Promise<Answer<Data>>, values: unknown[]): Loaded<Data> {
  const [state, setState] = useState<{ data?: Data; problem?: Problem; isLoading: boolean }>({ isLoading: true });
  const [round, setRound] = useState(0);
  const lastRound = useRef(round);
  useEffect(() => {
    let isWanted = true;
    const isReload = lastRound.current !== round;
    lastRound.current = round;
    setState((old) => ({ ...old, isLoading: true }));
    dataOf(load()).then(
      (data) => isWanted && setState({ data, isLoading: false }),
      (failure: unknown) => {
        const problem = problemOf(failure);
        const stays = isReload && isTemporary(problem);
        isWanted && setState(({ data }) => ({ ...(stays && data !== undefined && { data }), problem, isLoading: false }));
      },
    );
    return () => void (isWanted = false);
  }, [...values, round]);
  return { ...state, reload: useCallback(() => setRound((count) => count + 1), []) };
}

/** The problem of a failed call; one that got no answer has a problem of its own. */
export function problemOf(failure: unknown): Problem {
  if (failure instanceof PorticoError) {
    return failure.problem;
  }
  return problemWith("offline", t("offline"));
}

/** Whether the same request may succeed later: no answer, too many requests, or an error of the server. */
function isTemporary({ status }: Problem): boolean {
  return status === 0 || status === 429 || status >= 500;
}

/** A problem that did not come in an answer of the API. */
export function problemWith(code: string, detail: string): Problem {
  return { type: "about:blank", title: "", status: 0, detail, instance: "", code, traceId: "" };
}

/** Says what went wrong. */
export function Failure({ problem }: { problem: Problem | undefined }) {
  if (!problem) {
    return null;
  }
  return (
    <div class="failure" role="alert">
      <strong>{problem.detail}</strong>
      {problem.status > 0 && (
        <small>
          {problem.status} <code>{problem.code}</code> · {t("trace")} <code>{problem.traceId}</code>
        </small>
      )}
    </div>
  );
}

/** A page with its heading, and the actions beside it. */
export function Section({ title, actions, children }: { title: string; actions?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** Facts in two columns: what it is, and its value. */
export function Facts({ rows }: { rows: [label: string, value: ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A state in a coloured frame; the word carries the meaning, and the colour only helps. */
export function Badge({ state, kind }: { state: string; kind?: "good" | "bad" | "plain" }) {
  return <span class={`badge ${kind ?? "plain"}`}>{state}</span>;
}

/** An id that can be selected with one click. */
export function Id({ value }: { value: string | null | undefined }) {
  return value ? <code class="id">{value}</code> : <>–</>;
}

export interface Column<Row> {
  label: string;
  cell: (row: Row) => ComponentChildren;
}

/** Rows in a table, which becomes a list of cards on a phone. */
export function Table<Row>({ label, columns, rows }: { label: string; columns: Column<Row>[]; rows: Row[] }) {
  return (
    <table>
      <caption class="hidden">{label}</caption>
      <thead>
        <tr>
          {columns.map((column) => <th scope="col" key={column.label}>{column.label || <span class="hidden">{t("actions")}</span>}</th>)}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {columns.map((column) => <td key={column.label} data-label={column.label}><div>{column.cell(row)}</div></td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface ListProps<Row> {
  label: string;
  columns: Column<Row>[];
  /** Reads the page at a cursor. */
  read: (cursor: string | undefined) => Promise<Answer<Page<Row>>>;
  /** The list begins anew when one of them changes. */
  values: unknown[];
}

/** A list of the API, page by page. */
export function List<Row>({ label, columns, read, values }: ListProps<Row>) {
  const first = useLoad(() => read(undefined), values);
  // What follows a first page, and the failure to read it, ends with this page.
  const [more, setMore] = useState<{ of: Page<Row> | undefined; pages: Page<Row>[]; problem?: Problem }>({ of: undefined, pages: [] });
  const later = more.of === first.data ? more.pages : [];
  const problem = more.of === first.data ? more.problem : undefined;
  const cursor = (later.at(-1) ?? first.data)?.nextCursor;
  const rows = [...(first.data?.items ?? []), ...later.flatMap((page) => page.items)];

  const next = async () => {
    const of = first.data;
    setMore({ of, pages: later });
    try {
      const page = await dataOf(read(cursor ?? undefined));
      setMore({ of, pages: [...later, page] });
    } catch (failure) {
      setMore({ of, pages: later, problem: problemOf(failure) });
    }
  };

  return (
    <div aria-busy={first.isLoading}>
      <Failure problem={problem ?? first.problem} />
      {rows.length > 0 && <Table label={label} columns={columns} rows={rows} />}
      {first.data && rows.length === 0 && <p class="soft">{t("nothing")}</p>}
      {!first.data && first.isLoading && <p class="soft">{t("loading")}</p>}
      {cursor && <button type="button" onClick={() => void next()}>{t("more")}</button>}
    </div>
  );
}

/** A field of a form. */
export interface Field {
  name: string;
  label: string;
  type?: "text" | "email" | "password" | "number" | "datetime-local" | "search" | "checkbox" | "textarea" | "file";
  options?: [value: string, label: string][];
  isRequired?: boolean;
  value?: string;
  hint?: string;
  autocomplete?: string;
  maxLength?: number;
  /** The field shows its value again, in place of what was typed, when this changes. */
  of?: string;
  /** Called with what is typed. */
  onInput?: (value: string) => void;
}

export type Values = Record<string, string>;

interface FormProps {
  fields: Field[];
  submit: string;
  /** Sends the values; the problem that it throws is shown at its fields. The form has the files. */
  onSubmit: (values: Values, form: FormData) => Promise<unknown> | unknown;
  kind?: "row" | "column";
  isDanger?: boolean;
  children?: ComponentChildren;
}

/** A form with the errors of the API at the fields that they are about. */
export function Form({ fields, submit, onSubmit, kind = "column", isDanger = false, children }: FormProps) {
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const id = useId();

  const send = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(undefined);
    try {
      await onSubmit(Object.fromEntries(fields.map((field) => [field.name, String(form.get(field.name) ?? "").trim()])), form);
    } catch (failure) {
      setProblem(problemOf(failure));
    } finally {
      setBusy(false);
    }
  };

  const known = new Set(fields.map((field) => field.name));
  const others = Object.entries(problem?.errors ?? {}).filter(([name]) => !known.has(name));
  const inputs = (areChecks: boolean) => fields.filter((field) => (field.type === "checkbox") === areChecks).map((field) => (
    <Input
      key={`${field.name} ${field.of ?? ""}`} id={`${id}-${field.name}`} field={field}
      errors={problem ? fieldErrors(problem, field.name) : []}
    />
  ));
  return (
    <form class={kind} onSubmit={(event) => void send(event)}>
      {inputs(false)}
      <div class="actions">
        {inputs(true)}
        {children}
        <button type="submit" class={isDanger ? "danger" : "primary"} disabled={isBusy}>{submit}</button>
      </div>
      <Failure problem={problem} />
      {others.map(([name, messages]) => <p class="error" key={name}><code>{name}</code>: {messages.join(" ")}</p>)}
    </form>
  );
}

function Input({ id, field, errors }: { id: string; field: Field; errors: string[] }) {
  const shared = {
    id, name: field.name, required: field.isRequired ?? false, "aria-invalid": errors.length > 0,
    "aria-describedby": errors.length > 0 || field.hint ? `${id}-text` : undefined,
  };
  const length = field.maxLength === undefined ? {} : { maxLength: field.maxLength };
  return (
    <div class={field.type === "checkbox" ? "field check" : "field"}>
      <label for={id}>{field.label}</label>
      {field.options ? (
        <select {...shared}>
          {field.options.map(([value, label]) => (
            <option key={value} value={value} selected={value === (field.value ?? "")}>{label}</option>
          ))}
        </select>
      ) : field.type === "textarea" ? (
        <textarea {...shared} rows={2} {...length} defaultValue={field.value ?? ""} />
      ) : (
        <input
          {...shared} {...length} type={(field.type ?? "text") as "text"} defaultValue={field.value ?? ""}
          autocomplete={field.autocomplete ?? "off"} onInput={(event) => field.onInput?.(event.currentTarget.value)}
          {...(field.type === "checkbox" && { value: "yes" })}
          {...(field.type === "datetime-local" && { step: 1, max: "9999-12-31T23:59:59" })}
        />
      )}
      {(errors.length > 0 || field.hint) && (
        <small id={`${id}-text`} class={errors.length > 0 ? "error" : "soft"}>{errors.join(" ") || field.hint}</small>
      )}
    </div>
  );
}

/** Sends a request once with its `Idempotency-Key`, however often the dialog is submitted with the same values. */
export type SendOnce = <Data>(send: (key: string) => Promise<Answer<Data>>) => Promise<Answer<Data>>;

interface ActProps {
  label: string;
  title: string;
  /** Says what the act would change, before it is done. */
  preview?: () => Promise<string>;
  /** Called when the dialog opens. */
  onOpen?: () => void;
  fields?: Field[];
  reason?: "required" | "optional" | "none";
  isDanger?: boolean;
  run: (values: Values, sendOnce: SendOnce) => Promise<Answer<unknown>>;
  /** Called after the act has succeeded. */
  onDone: (data: unknown) => void;
}

/** A button that opens a dialog with a preview and a reason before it changes something. */
export function Act({ label, title, preview, onOpen, fields = [], reason = "none", isDanger = true, run, onDone }: ActProps) {
  const [isOpen, setOpen] = useState(false);
  const [count, setCount] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // A dialog that is opened again is another intention.
  const submit = useMemo(() => createSubmission(), [isOpen]);

  useEffect(() => {
    if (!isOpen) {
      return;
    }
    dialog.current?.showModal();
    onOpen?.();
    setCount(undefined);
    setProblem(undefined);
    let isWanted = true;
    preview?.().then(
      (text) => isWanted && setCount(text),
      (failure: unknown) => isWanted && setProblem(problemOf(failure)),
    );
    return () => void (isWanted = false);
  }, [isOpen]);

  const isRequired = reason === "required";
  const all: Field[] = reason === "none" ? fields : [
    ...fields,
    { name: "reason", label: t(isRequired ? "reason" : "reasonOptional"), type: "textarea", isRequired, maxLength: 500 },
  ];
  return (
    <>
      <button type="button" class={isDanger ? "danger" : ""} onClick={() => setOpen(true)}>{label}</button>
      {isOpen && (
        <dialog ref={dialog} aria-labelledby={`${id}-title`} onClose={() => setOpen(false)}>
          <h2 id={`${id}-title`}>{title}</h2>
          {preview && <p class="preview" role="status">{count ?? (problem ? "" : t("counting"))}</p>}
          <Failure problem={problem} />
          <Form
            fields={all} submit={label} isDanger={isDanger}
            onSubmit={async (values) => {
              const opened = dialog.current;
              const data = await dataOf(run(values, (send) => submit(values, send)));
              opened?.close();
              onDone(data);
            }}
          >
            <button type="button" onClick={() => dialog.current?.close()}>{t("cancel")}</button>
          </Form>
        </dialog>
      )}
    </>
  );
}

/** A message that something was done; it goes when the page changes. */
export function Done({ text }: { text: string | undefined }) {
  return <p class="done" role="status">{text}</p>;
}

/** The time of a `datetime-local` field in UTC; `undefined` if it is empty. */
export function instant(text: string | undefined): string | undefined {
  return text ? new Date(text).toISOString() : undefined;
}
