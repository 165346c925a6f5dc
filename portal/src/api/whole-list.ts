interface PagedList<Page> {
  readonly data: { readonly pages: readonly Page[] } | undefined;
  readonly hasNextPage: boolean;
  readonly isError: boolean;
  fetchNextPage(): Promise<PagedList<Page>>;
}

/**
 * Reads a list to its end, page by page; what shows the list shows all of it then.
 *
 * @returns null where a page could not be read
 */
export async function readWholeList<Page>(list: PagedList<Page>): Promise<readonly Page[] | null> {
  let read = list;
  while (read.hasNextPage) {
    read = await read.fetchNextPage();
    if (read.isError) return null;
  }
  return read.data?.pages ?? null;
}
