import type { components } from "./schema.js";

/** An amount of one currency: the amount is a decimal string, because a number would round it. */
export type Money = components["schemas"]["Money"];

/** Reads an amount that a person typed, such as `12`, `12.3` or `12,30`; `undefined` if it does not fit the decimals. */
export function parseMoney(text: string, currency: string, decimals: number): Money | undefined {
  const match = /^(-?)(\d{1,18})(?:[.,](\d+))?$/.exec(text.trim());
  const fraction = match?.[3] ?? "";
  if (!match || fraction.length > decimals) {
    return undefined;
  }
  const whole = (match[2] ?? "").replace(/^0+(?=\d)/, "");
  return { amount: `${match[1]}${whole}${decimals > 0 ? `.${fraction.padEnd(decimals, "0")}` : ""}`, currency };
}

/** The sum of two amounts of one currency, without rounding. */
export function addMoney(one: Money, other: Money): Money {
  const [a, b, decimals] = units(one, other);
  return { amount: amountOf(a + b, decimals), currency: one.currency };
}

/** Less than 0 if the first amount is the smaller one, 0 if both are equal, else more than 0. */
export function compareMoney(one: Money, other: Money): number {
  const [a, b] = units(one, other);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Writes an amount for a person, such as `€1,234.50`; the digits are those of the string. */
export function formatMoney(money: Money, locale?: string): string {
  const decimals = decimalsOf(money);
  const format = new Intl.NumberFormat(locale, {
    style: "currency", currency: money.currency, minimumFractionDigits: decimals, maximumFractionDigits: decimals,
  });
  // The type of older libraries knows numbers only; the runtime reads a string without rounding it.
  return format.format(money.amount as unknown as number);
}

function decimalsOf(money: Money): number {
  return money.amount.split(".")[1]?.length ?? 0;
}

function units(one: Money, other: Money): [bigint, bigint, number] {
  if (one.currency !== other.currency) {
    throw new RangeError(`${one.currency} and ${other.currency} are different currencies.`);
  }
  const decimals = Math.max(decimalsOf(one), decimalsOf(other));
  return [unitsOf(one, decimals), unitsOf(other, decimals), decimals];
}

function unitsOf(money: Money, decimals: number): bigint {
  const [whole, fraction = ""] = money.amount.split(".");
  return BigInt(`${whole}${fraction.padEnd(decimals, "0")}`);
}

function amountOf(units: bigint, decimals: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  return `${units < 0n ? "-" : ""}${whole}${decimals > 0 ? `.${digits.slice(-decimals)}` : ""}`;
}
