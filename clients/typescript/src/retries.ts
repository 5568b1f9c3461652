import { secondsUntilRetry, type Answer } from "./problems.js";

/** A new key for one intention of a person, such as one click on "Send": each repetition of the request uses the same key. */
export function idempotencyKey(): string {
  return crypto.randomUUID();
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
