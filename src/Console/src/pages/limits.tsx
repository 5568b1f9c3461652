import { dataOf, formatMoney, parseMoney, type Money, type Schema } from "@portico/client";
import { useState } from "preact/hooks";
import { client } from "../api";
import { language, t } from "../i18n";
import { Act, Done, Failure, Section, Table, useLoad, type Column, type Field, type Values } from "../ui";

type Limit = Schema<"SpendingLimitDto">;

const show = (money: Money | null) => money ? formatMoney(money, language) : "–";

const columns: Column<Limit>[] = [
  { label: t("currency"), cell: (limit) => limit.currency },
  { label: t("perTransfer"), cell: (limit) => show(limit.perTransfer) },
  { label: t("perDay"), cell: (limit) => limit.perDay ? `${show(limit.spentThisDay)} / ${show(limit.perDay)}` : "–" },
  { label: t("perMonth"), cell: (limit) => limit.perMonth ? `${show(limit.spentThisMonth)} / ${show(limit.perMonth)}` : "–" },
];

const fields = (currency: string, limit?: Limit): Field[] => [
  { name: "perTransfer", label: t("perTransfer"), of: currency, value: limit?.perTransfer?.amount ?? "", hint: t("noLimitHint") },
  { name: "perDay", label: t("perDay"), of: currency, value: limit?.perDay?.amount ?? "" },
  { name: "perMonth", label: t("perMonth"), of: currency, value: limit?.perMonth?.amount ?? "" },
];

/** The amount of a field with the decimals of its currency; what is no amount is sent as it is, so that the API says what is wrong. */
async function amounts(values: Values, currency: string) {
  const all = await dataOf(client.GET("/api/v1/currencies"));
  const decimals = all.items.find((one) => one.code === currency)?.decimals ?? 2;
  const money = (text = "") => text === "" ? null : parseMoney(text, currency, decimals) ?? { amount: text, currency };
  return { perTransfer: money(values.perTransfer), perDay: money(values.perDay), perMonth: money(values.perMonth) };
}

/** The spending limits of a person, one row a currency. */
export function UserLimits({ id }: { id: string }) {
  const [done, setDone] = useState<string>();
  const [typed, setTyped] = useState<string>();
  const read = () => client.GET("/api/v1/users/{id}/limits", { params: { path: { id } } });
  const limits = useLoad(read, [id]);
  const items = limits.data?.items ?? [];
  const chosen = typed ?? items[0]?.currency ?? "EUR";
  return (
    <Section
      title={t("limits")}
      actions={limits.data && (
        <Act
          label={t("setLimits")} title={t("setLimits")} isDanger={false}
          fields={[
            {
              name: "currency", label: t("currency"), isRequired: true, value: chosen, maxLength: 3,
              onInput: (text) => setTyped(text.trim().toUpperCase()),
            },
            ...fields(chosen, items.find((limit) => limit.currency === chosen)),
          ]}
          onOpen={() => {
            setTyped(undefined);
            limits.reload();
          }}
          run={async (values) => {
            const currency = (values.currency ?? "").toUpperCase();
            const limit = await amounts(values, currency);
            // The request replaces the limits of all currencies, and somebody may have set another one since the page was loaded.
            const others = (await dataOf(read())).items.filter((limit) => limit.currency !== currency).map(
              ({ currency, perTransfer, perDay, perMonth }) => ({ currency, perTransfer, perDay, perMonth }),
            );
            const isSet = limit.perTransfer ?? limit.perDay ?? limit.perMonth;
            return client.PUT("/api/v1/users/{id}/limits", {
              params: { path: { id } }, body: { items: isSet ? [...others, { currency, ...limit }] : others },
            });
          }}
          onDone={() => {
            setDone(t("done"));
            limits.reload();
          }}
        />
      )}
    >
      <Failure problem={limits.problem} />
      <Done text={done} />
      {items.length > 0 ? <Table label={t("limits")} rows={items} columns={columns} /> : limits.data && <p class="soft">{t("noLimits")}</p>}
    </Section>
  );
}

/** The spending limits of a wallet. */
export function WalletLimits({ id }: { id: string }) {
  const [done, setDone] = useState<string>();
  const limit = useLoad(() => client.GET("/api/v1/wallets/{id}/limits", { params: { path: { id } } }), [id]);
  return (
    <Section
      title={t("limits")}
      actions={limit.data && (
        <Act
          label={t("setLimits")} title={t("setLimits")} isDanger={false} onOpen={limit.reload}
          fields={fields(limit.data.currency, limit.data)}
          run={async (values) => client.PUT("/api/v1/wallets/{id}/limits", {
            params: { path: { id } }, body: await amounts(values, limit.data?.currency ?? ""),
          })}
          onDone={() => {
            setDone(t("done"));
            limit.reload();
          }}
        />
      )}
    >
      <Failure problem={limit.problem} />
      <Done text={done} />
      {limit.data && <Table label={t("limits")} rows={[limit.data]} columns={columns} />}
    </Section>
  );
}
