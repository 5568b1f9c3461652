import { secondsUntilRetry, type Answer } from "./problems.js";

/** A new key for one intention of a person, such as one click on "Send": each repetition of the request uses the same key. */
export function idempotencyKey(): string {
  return crypto.randomUUID();
}

/** Sends the values of a form with a key that belongs to them. */
export type Submission = <Data>(values: unknown, send: (key: string) => Promise<Answer<Data>>) => Promise<Answer<Data>>;

/** Refusals that say nothing about an earlier request with the same key, which may have had its effect. */
const undecided = [401, 403, 408, 425, 429];

/**
 * Sends what a person may submit again, one form or dialog each: the same values have the same key until an answer says what became of
 * them, so a repetition after a lost answer or a 504 has no second effect. Other values, and values after a final answer, get a new key.
 *
 * @param tries How often each submission is sent at most.
 */
export function createSubmission(tries = 3): Submission {
  const keys = new Map<string, string>();
  return async (values, send) => {
    const name = JSON.stringify(values);
    const key = keys.get(name) ?? idempotencyKey();
    keys.set(name, key);
    const answer = await sendOnce(send, tries, key);
    const { status } = answer.response;
    if (status < 500 && !undecided.includes(status)) {
      keys.delete(name);
    }
    return answer;
  };
}

/**
 * Repeats a request that got no answer, or 502, 503 or 504, with the same `Idempotency-Key`, so that it has one effect.
 *
 * @param send Sends the request with the key that it is given.
 * @param tries How often it is sent at most.
 */
export async function sendOnce<Data>(
  send: (key: string) => Promise<Answer<Data>>,
  tries = 3,
  key = idempotencyKey(),
): Promise<Answer<Data>> {
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt >= tries;
    let seconds = 0.25 * 2 ** attempt;
    try {
      const answer = await send(key);
      if (isLast || ![502, 503, 504].includes(answer.response.status)) {
        return answer;
      }
      seconds = Math.min(secondsUntilRetry(answer.response) ?? seconds, 30);
    } catch (failure) {
      // fetch throws a TypeError when there was no answer.
      if (isLast || !(failure instanceof TypeError)) {
        throw failure;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000 * (0.75 + Math.random() / 2)));
  }
}
