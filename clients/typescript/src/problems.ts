import type { ErrorStatuses } from "./errors.js";
import type { components } from "./schema.js";

/** The error of every request that failed (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/** A stable code of an error. */
export type ErrorCode = keyof ErrorStatuses;

/** A problem with one of these codes: a union that a `switch` on `code` takes apart. */
export type ProblemOf<Code extends ErrorCode = ErrorCode> = {
  [One in Code]: Omit<Problem, "code" | "status"> & { code: One; status: ErrorStatuses[One] };
}[Code];

/** A failed request as an exception, for callers that do not look at `error`. */
export class PorticoError extends Error {
  /** @param retryAfter The seconds after which the request may be repeated, if the server named them. */
  constructor(
    readonly problem: ProblemOf,
    readonly retryAfter?: number,
  ) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
    this.name = "PorticoError";
  }
}

/** Whether a request failed with one of these codes. */
export function isProblem<Code extends ErrorCode>(error: unknown, ...codes: Code[]): error is ProblemOf<Code> {
  const code = typeof error === "object" && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" && (codes as string[]).includes(code);
}

/** The messages of a field, by its JSON path, such as `amount.currency`. */
export function fieldErrors(problem: Pick<Problem, "errors">, path: string): string[] {
  return problem.errors?.[path] ?? [];
}

/** The answer of a method of the client. */
export interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** Gives the data of a request that succeeded, and throws a {@link PorticoError} for one that failed. */
export async function dataOf<Data>(answer: Promise<Answer<Data>> | Answer<Data>): Promise<Data> {
  const { data, error, response } = await answer;
  if (response.ok) {
    return data as Data;
  }
  throw new PorticoError(problemOf(error, response), secondsUntilRetry(response));
}

/** The problem of a failed answer; a proxy in between may answer with something else. */
function problemOf(error: unknown, response: Response): ProblemOf {
  if (typeof error === "object" && error !== null && "code" in error) {
    return error as ProblemOf;
  }
  const problem: Problem = {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    detail: `The server answered ${response.status} without a description.`,
    instance: new URL(response.url || "http://localhost/").pathname,
    code: response.status >= 500 ? "internal_error" : "bad_request",
    traceId: response.headers.get("X-Request-Id") ?? "",
  };
  return problem as ProblemOf;
}

/** The code of a failed answer, if it has one; the body can still be read after that. */
export async function codeOf(response: Response): Promise<string | undefined> {
  try {
    const { code } = await response.clone().json() as { code?: unknown };
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
}

/** The seconds of `Retry-After`, if the answer has it. */
export function secondsUntilRetry(response: Response): number | undefined {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : undefined;
}
