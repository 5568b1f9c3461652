// A guest gives forecasts: address, code, forecast. The cookie of the session is all that the browser keeps.
const texts = {
  en: {
    heading: "Who wins?", intro: "Give a forecast as a guest. All you need is an e-mail address.", email: "E-mail address",
    send: "Send me a code", sent: "We sent a code to {email}.", code: "Code of six digits",
    name: "Your name on the leaderboard", join: "Join",
    known: "You were here before: sign in with your password.", secret: "Password", signIn: "Sign in", events: "Open events",
    mail: "The result comes by mail.", leaderboard: "Leaderboard", win1: "First wins", win2: "Second wins", draw: "Draw",
    none: "No event is open now.", onePoint: "{name}: 1 point", points: "{name}: {points} points",
    offline: "The server does not answer. Try again.",
  },
  ru: {
    heading: "Кто победит?", intro: "Дайте прогноз как гость. Нужен только адрес электронной почты.", email: "Электронная почта",
    send: "Прислать код", sent: "Мы отправили код на {email}.", code: "Код из шести цифр",
    name: "Ваше имя в таблице лидеров", join: "Участвовать",
    known: "Вы здесь уже были: войдите с паролем.", secret: "Пароль", signIn: "Войти", events: "Открытые события",
    mail: "Результат придёт письмом.", leaderboard: "Таблица лидеров", win1: "Победа первого", win2: "Победа второго", draw: "Ничья",
    none: "Сейчас открытых событий нет.", onePoint: "{name}: очков — 1", points: "{name}: очков — {points}",
    offline: "Сервер не отвечает. Попробуйте ещё раз.",
  },
};

// The order is that of Accept-Language, with which the API chooses the language of its mails.
const language = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in texts) ?? "en";
const text = (key, values = {}) => texts[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const one = (id) => document.getElementById(id);

document.documentElement.lang = language;
document.title = text("heading");
for (const element of document.querySelectorAll("[data-text]")) {
  element.textContent = text(element.dataset.text);
}

/** Sends a request; a refusal is thrown as Problem Details. */
async function call(method, path, body) {
  const answer = await fetch(`/api/v1${path}`, {
    method,
    credentials: "include",
    headers: { "X-CSRF": "1", ...(body && { "Content-Type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const content = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) {
    throw content;
  }
  return content;
}

/** Does what a person asked for, and shows the refusal if there is one. */
function onSubmit(id, work) {
  one(id).addEventListener("submit", async (event) => {
    event.preventDefault();
    await attempt(() => work(Object.fromEntries(new FormData(event.target))));
  });
}

let isBusy = false;

/** A second click while the first one is answered would use a code twice, or give a forecast twice. */
async function attempt(work) {
  if (isBusy) {
    return;
  }
  isBusy = true;
  one("problem").textContent = "";
  try {
    await work();
  } catch (problem) {
    one("problem").textContent = Object.values(problem.errors ?? {})[0]?.[0] ?? problem.detail ?? text("offline");
  } finally {
    isBusy = false;
  }
}

function show(id) {
  for (const part of ["address", "code", "password", "events"]) {
    one(part).hidden = part !== id;
  }
  one(id).querySelector("input")?.focus();
}

let email;
let requestId;

onSubmit("address", async (form) => {
  email = form.email;
  ({ requestId } = await call("POST", "/auth/verify-code", { email, reason: "registration" }));
  one("sent").textContent = text("sent", { email });
  show("code");
});

onSubmit("code", async ({ code, name }) => {
  try {
    // Nobody knows this password: a guest who wants to come back sets one with "forgot my password".
    const password = Array.from(crypto.getRandomValues(new Uint8Array(24)), (byte) => byte.toString(36)).join("");
    await call("POST", "/session/register", { email, code, requestId, password, displayName: name });
  } catch (problem) {
    if (problem.code !== "already_registered") {
      throw problem;
    }
    show("password");
    return;
  }
  await showEvents();
});

onSubmit("password", async ({ password }) => {
  await call("POST", "/session/login", { email, password });
  await showEvents();
});

async function showEvents() {
  const [events, forecasts, leaders] = await Promise.all([
    call("GET", "/events?status=open&limit=100"), call("GET", "/forecasts?limit=100"), call("GET", "/leaderboard?limit=10"),
  ]);
  const mine = new Map(forecasts.items.map((forecast) => [forecast.eventId, forecast]));
  one("list").replaceChildren(...events.items.map((event) => eventOf(event, mine.get(event.id))));
  if (events.items.length === 0) {
    one("list").textContent = text("none");
  }
  one("board").replaceChildren(...leaders.items.map(({ rank, displayName, points }) => {
    const row = document.createElement("li");
    row.value = rank;
    row.textContent = text(points === 1 ? "onePoint" : "points", { name: displayName, points });
    return row;
  }));
  show("events");
}

/** An event with a button for each outcome; the chosen one is pressed. */
function eventOf(event, forecast) {
  const row = document.createElement("li");
  const title = document.createElement("strong");
  title.textContent = event.title;
  const choices = document.createElement("div");
  choices.setAttribute("role", "group");
  choices.setAttribute("aria-label", event.title);
  for (const outcome of ["win1", "draw", "win2"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text(outcome);
    button.setAttribute("aria-pressed", String(forecast?.outcome === outcome));
    button.addEventListener("click", () => attempt(async () => {
      forecast = forecast ? await change(forecast, outcome) : await call("POST", "/forecasts", { eventId: event.id, outcome });
      for (const other of choices.children) {
        other.setAttribute("aria-pressed", String(other === button));
      }
    }));
    choices.append(button);
  }
  row.append(title, choices);
  return row;
}

async function change(forecast, outcome) {
  const answer = await fetch(`/api/v1/forecasts/${forecast.id}`, {
    method: "PUT",
    credentials: "include",
    headers: { "X-CSRF": "1", "Content-Type": "application/json", "If-Match": `"${forecast.version}"` },
    body: JSON.stringify({ outcome }),
  });
  const content = await answer.json();
  if (!answer.ok) {
    throw content;
  }
  return content;
}

// A guest who comes back while the session lives need not sign in again.
call("GET", "/session").then(showEvents, () => show("address"));
