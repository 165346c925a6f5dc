import { readFile } from 'node:fs/promises';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';

/** What another program finds in a PDF of a list. */
export interface ReadPdf {
  readonly pageCount: number;
  readonly language: string | null;
  readonly title: string;
  readonly isTagged: boolean;
  /** The document without its table, as a screen reader meets it: each line with its tag. */
  readonly lines: readonly string[];
  /** Rows of its one table, headings first, over all pages. */
  readonly rows: readonly (readonly string[])[];
  /** What a page shows besides, to the eye alone. */
  readonly artifacts: readonly string[];
}

interface Node {
  readonly role?: string;
  readonly type?: string;
  readonly id?: string;
  readonly children?: readonly Node[];
}

/** Reads a PDF by its tags, as a screen reader does. */
export async function readPdf(file: string): Promise<ReadPdf> {
  const loading = getDocument({ data: new Uint8Array(await readFile(file)), verbosity: 0 });
  const document = await loading.promise;
  const { info } = await document.getMetadata();
  const found = { lines: [] as string[], rows: [] as string[][], artifacts: [] as string[] };
  for (let number = 1; number <= document.numPages; number += 1) {
    const page = await document.getPage(number);
    const texts = await textsOf(page);
    found.artifacts.push(texts.get('Artifact') ?? '');
    const tree: Node | null = await page.getStructTree();
    if (tree !== null) collect(tree, texts, found);
  }
  const described: { Title?: string; Language?: string } = Object(info);
  const isTagged = (await document.getMarkInfo())?.Marked === true;
  const read = { pageCount: document.numPages, language: described.Language ?? null, title: described.Title ?? '' };
  await loading.destroy();
  return { ...read, isTagged, ...found };
}

/** Texts of a page by the id of their marked content. */
async function textsOf(page: {
  getTextContent(options: object): Promise<{ items: readonly object[] }>;
}): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const open: string[] = [];
  const { items } = await page.getTextContent({ includeMarkedContent: true });
  for (const item of items as readonly { type?: string; id?: string; tag?: string; str?: string; hasEOL?: boolean }[]) {
    if (item.type?.startsWith('beginMarkedContent')) open.push(item.id ?? item.tag ?? '');
    else if (item.type === 'endMarkedContent') open.pop();
    else {
      const id = open.at(-1) ?? 'untagged';
      texts.set(id, `${texts.get(id) ?? ''}${item.str ?? ''}${item.hasEOL ? ' ' : ''}`);
    }
  }
  return texts;
}

/** Walks the tags of a page in their order; what a table holds goes into its rows, all else into lines. */
function collect(
  node: Node,
  texts: ReadonlyMap<string, string>,
  found: { readonly lines: string[]; readonly rows: string[][] },
): void {
  if (node.role === 'TR') {
    const cells = (node.children ?? []).map((cell) => textIn(cell, texts));
    // Every page has the whole tree, and texts for its own part of it.
    if (cells.some((cell) => cell !== '')) found.rows.push(cells);
    return;
  }
  if (node.role === 'H1' || node.role === 'P' || node.role === 'Caption') {
    const text = textIn(node, texts);
    if (text !== '') found.lines.push(`${node.role} ${text}`);
    return;
  }
  for (const child of node.children ?? []) collect(child, texts, found);
}

function textIn(node: Node, texts: ReadonlyMap<string, string>): string {
  const own = node.type === 'content' ? (texts.get(node.id ?? '') ?? '') : '';
  return `${own}${(node.children ?? []).map((child) => textIn(child, texts)).join('')}`.trim();
}
