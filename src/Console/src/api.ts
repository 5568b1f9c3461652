import { createBrowserClient, type Answer, type Page, type Schema } from "@portico/client";
import { record } from "./curl";

const signedOut = new EventTarget();

/** Calls a function when the server no longer knows the session. */
export function onSignedOut(told: () => void): () => void {
  signedOut.addEventListener("signedOut", told);
  return () => signedOut.removeEventListener("signedOut", told);
}

/** The API with the session of this browser: it can do what the signed-in person can do, and no more. */
export const client = createBrowserClient("", {
  fetch: (request) => {
    void record(request);
    return fetch(request);
  },
  onSignedOut: () => void signedOut.dispatchEvent(new Event("signedOut")),
});

export type { Schema };

export interface Session {
  userId: string;
  device: string | null;
  ip: string | null;
  id: string;
  createdAt: string;
  lastSeenAt: string;
  current: boolean;
}

/** Which sessions end; all conditions must hold. */
export interface SessionFilter {
  userId?: string;
  openedBefore?: string;
  lastSeenBefore?: string;
  ip?: string;
  device?: string;
}

export interface SessionPreview {
  count: number;
  protectedCount: number;
  isComplete: boolean;
  items: Session[];
}

export interface DeadLetter {
  id: string;
  kind: "event" | "message";
  name: string;
  reason: string;
  diedAt: string;
  replayRequestedAt: string | null;
}

export interface DeadLetterContent {
  letter: DeadLetter;
  content: object | null;
  text: string | null;
}

export interface SigningKey {
  id: string;
  algorithm: string;
  state: "next" | "current" | "previous";
  publishedAt: string;
  readyAt: string;
  signsSince: string | null;
  publishedUntil: string | null;
  tokensValidUntil: string | null;
}

export interface KeyChanges {
  items: { step: string; id: string }[];
}

export interface Overview {
  at: string;
  instance: string;
  windowSeconds: number;
  health: { status: "ready" | "degraded" | "unready"; checks: { name: string; status: "ok" | "failed"; durationMs: number }[] };
  requests: { perSecond: number; clientErrorsPerSecond: number; serverErrorsPerSecond: number };
  ledger: { instructionsPerSecond: number; waiting: number };
  limits: { refusedPerSecond: number };
  outbox: { waiting: number; oldestSeconds: number } | null;
  messages: { waiting: number; oldestSeconds: number } | null;
  deadLetters: { events: number; messages: number } | null;
}

type Query = Record<string, string | number | undefined>;
type Call = <Data>(path: string, init?: { params?: { path?: Query; query?: Query }; body?: unknown }) => Promise<Answer<Data>>;
const { GET, POST, PUT, DELETE } = client as unknown as Record<"GET" | "POST" | "PUT" | "DELETE", Call>;

/** The operations for operators alone. */
export const operators = {
  sessionsOf: (id: string) => GET<Page<Session>>("/api/v1/users/{id}/sessions", { params: { path: { id } } }),
  loginsOf: (id: string) => GET<Page<{ provider: string; linkedAt: string }>>("/api/v1/users/{id}/logins", { params: { path: { id } } }),
  auditOf: (person: string, cursor?: string) =>
    GET<Page<Schema<"AuditEntryDto">>>("/api/v1/audit", { params: { query: { person, limit: 10, cursor } } }),
  changeRoles: (id: string, roles: string[], reason: string) =>
    PUT<unknown>("/api/v1/users/{id}/roles", { params: { path: { id } }, body: { roles, ...(reason && { reason }) } }),
  actOnUser: (id: string, act: "unblock" | "restore", reason: string) =>
    POST<unknown>(`/api/v1/users/{id}/${act}`, { params: { path: { id } }, body: reason ? { reason } : undefined }),
  removeFromUser: (id: string, what: "" | "/sessions" | "/second-factors", reason: string) =>
    DELETE<unknown>(`/api/v1/users/{id}${what}`, { params: { path: { id } }, body: reason ? { reason } : undefined }),

  sessions: (filter: SessionFilter) => GET<SessionPreview>("/api/v1/sessions", { params: { query: { ...filter, limit: 20 } } }),
  endSessions: (filter: SessionFilter, reason: string) =>
    POST<{ count: number; isComplete: boolean }>("/api/v1/sessions/end", { body: { ...filter, reason } }),

  deadLetters: (kind: string, cursor?: string) =>
    GET<Page<DeadLetter>>("/api/v1/dead-letters", { params: { query: { kind: kind || undefined, cursor } } }),
  deadLetter: (id: string) => GET<DeadLetterContent>("/api/v1/dead-letters/{id}", { params: { path: { id } } }),
  replayDeadLetter: (id: string, reason: string) =>
    POST<unknown>("/api/v1/dead-letters/{id}/replay", { params: { path: { id } }, body: { reason } }),
  dropDeadLetter: (id: string, reason: string) => DELETE<unknown>("/api/v1/dead-letters/{id}", { params: { path: { id } }, body: { reason } }),

  signingKeys: () => GET<Page<SigningKey>>("/api/v1/signing-keys"),
  rotateKeys: (reason: string) => POST<KeyChanges>("/api/v1/signing-keys/rotate", { body: { reason } }),
  dropKey: (id: string, reason: string, emergency: boolean) =>
    DELETE<KeyChanges>("/api/v1/signing-keys/{id}", { params: { path: { id } }, body: { reason, emergency } }),

  overviewEvents: "/api/v1/overview/events",
  overview: () => GET<Overview>("/api/v1/overview"),
};
