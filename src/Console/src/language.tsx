import { languages, language, setLanguage, t, type Language } from "./i18n";

/** Chooses the language of the console. */
export function LanguageChoice() {
  return (
    <label class="language">
      <span class="hidden">{t("language")}</span>
      <select value={language} onChange={(event) => setLanguage(event.currentTarget.value as Language)}>
        {Object.entries(languages).map(([code, name]) => <option key={code} value={code}>{name}</option>)}
      </select>
    </label>
  );
}
