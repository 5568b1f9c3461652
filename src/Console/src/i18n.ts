import { en } from "./words.en";
import { ru } from "./words.ru";

/** A text of the console. */
export type Word = keyof typeof en;

/** All texts in another language; the compiler finds one that is missing. */
export type Words = Record<Word, string>;

export const languages = { en: "English", ru: "Русский" } as const;
export type Language = keyof typeof languages;

const stored = localStorage.getItem("language");
export const language: Language = stored === "en" || stored === "ru" ? stored : navigator.language.startsWith("ru") ? "ru" : "en";
const words: Words = language === "ru" ? ru : en;

/** The text in the language of the reader, with its `{placeholders}` filled in. */
export function t(word: Word, values: Record<string, string | number> = {}): string {
  return words[word].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Shows the console in another language. */
export function setLanguage(next: Language): void {
  localStorage.setItem("language", next);
  location.reload();
}

const dates = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const clocks = new Intl.DateTimeFormat(language, { timeStyle: "medium" });

/** A time of the API for a person, in the time zone of the browser. A line may end between the date and the time only. */
export function time(iso: string | null): string {
  if (!iso) {
    return "–";
  }
  const at = new Date(iso);
  return [dates, clocks].map((format) => format.format(at).replaceAll(" ", "\u00a0")).join(", ");
}

const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

export function number(value: number): string {
  return numbers.format(value);
}
