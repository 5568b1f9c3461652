import { dataOf, type Answer } from "./problems.js";

/** A page of a list. */
export interface Page<Item> {
  items: Item[];
  nextCursor: null | string;
}

/**
 * Reads a list page by page, as a `for await` asks for it; a page that fails throws a `PorticoError`.
 *
 * @param read Reads the page at a cursor; the first has none.
 */
export async function* pages<Item>(read: (cursor: string | undefined) => Promise<Answer<Page<Item>>>): AsyncGenerator<Page<Item>, void> {
  let cursor: string | undefined;
  do {
    const page: Page<Item> = await dataOf(read(cursor));
    yield page;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/** Reads the items of a list, one after the other. */
export async function* items<Item>(read: (cursor: string | undefined) => Promise<Answer<Page<Item>>>): AsyncGenerator<Item, void> {
  for await (const page of pages(read)) {
    yield* page.items;
  }
}
