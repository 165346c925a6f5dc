import PDFDocument from 'pdfkit';
import { type ColumnNeed, columnWidths } from '../domain/column-widths.ts';
import { cellText, type WholeList } from '../domain/list.ts';

/** What a list says about itself on paper. */
export interface ListAbout {
  readonly town: string;
  /** The page that it comes from, as parents know it. */
  readonly title: string;
  /** Which list: of whom, of which days. */
  readonly caption: string;
  /** Who produced the data, and when. */
  readonly producedBy: string;
  readonly language: 'it' | 'en';
  readonly createdAt: Date;
  /** `Pagina 2 di 3`. */
  readonly pageOf: (page: number, pageCount: number) => string;
}

/** Font files, whole: what of them is used goes into the PDF. */
export interface PdfFonts {
  readonly regular: Uint8Array;
  readonly bold: Uint8Array;
}

const MARGIN = 36;
const [PADDING, GAP] = [3, 5];
const TEXT_SIZE = 9;
const LINE = '#5C6F82';
const HEAD_GROUND = '#E6ECF2';
/** From so many columns on the page lies on its side. */
const WIDE_FROM = 6;

/**
 * Writes a list as an accessible PDF (PDF/UA-1): A4, text that can be searched and selected, tagged as one table with its headings, which every
 * page repeats to the eye alone. Between pages whoever waits gets the processor back.
 *
 * @returns the file's bytes
 */
export async function writeListPdf(list: WholeList, about: ListAbout, fonts: PdfFonts): Promise<Blob> {
  const options: PDFKit.PDFDocumentOptions = {
    ...{ size: 'A4', layout: list.columns.length >= WIDE_FROM ? 'landscape' : 'portrait', margin: MARGIN },
    ...{ pdfVersion: '1.7', tagged: true, displayTitle: true, bufferPages: true },
    lang: about.language === 'it' ? 'it-IT' : 'en-GB',
    info: { Title: `${about.caption} – ${about.town}`, Author: about.town, CreationDate: about.createdAt },
  };
  // Its types want a file's name, which a browser does not have, and do not know the standard of accessible files.
  const document = new PDFDocument(Object({ ...options, subset: 'PDF/UA', font: fonts.regular }));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const written = new Promise<Blob>((resolve) => {
    document.on('data', (chunk: Uint8Array<ArrayBuffer>) => chunks.push(chunk));
    document.on('end', () => resolve(new Blob(chunks, { type: 'application/pdf' })));
  });
  document.registerFont('regular', fonts.regular).registerFont('bold', fonts.bold);
  const root = document.struct('Document');
  document.addStructure(root);
  writeHead(document, root, about);
  await writeTable(document, root, list, about.caption);
  root.end();
  writeFooters(document, about);
  document.end();
  return written;
}

type Font = 'regular' | 'bold';
type Document = PDFKit.PDFDocument;
type Structure = PDFKit.PDFStructureElement;

function writeHead(document: Document, root: Structure, { town, title, producedBy }: ListAbout): void {
  const line = (tag: 'H1' | 'P', text: string, font: Font, size: number) => {
    root.add(document.struct(tag, {}, () => document.font(font).fontSize(size).fillColor('black').text(text)));
    document.moveDown(0.3);
  };
  line('P', town, 'bold', 11);
  line('H1', title, 'bold', 16);
  line('P', producedBy, 'regular', TEXT_SIZE);
  document.moveDown(0.5);
}

async function writeTable(
  document: Document,
  root: Structure,
  { columns, rows }: WholeList,
  caption: string,
): Promise<void> {
  const texts = rows.map((row) => row.map(cellText));
  const layout: Layout = {
    widths: columnWidths(needsOf(document, columns, texts), document.page.width - 2 * MARGIN),
    isAmount: columns.map((_, index) => rows.some((row) => typeof row[index] !== 'string')),
  };
  const table = document.struct('Table');
  root.add(table);
  table.add(document.struct('Caption', {}, () => document.font('bold').fontSize(11).text(caption, MARGIN, document.y)));
  document.moveDown(0.4);
  const drawRow = (cells: readonly string[], group: Structure, column: 'TH' | 'TD') => {
    const line = document.struct('TR');
    group.add(line);
    const top = document.y;
    const height = heightOf(document, cells, layout, column === 'TH');
    ground(document, top, height, column === 'TH');
    for (const [index, text] of cells.entries()) {
      const isRowHead = column === 'TD' && index === 0;
      const scope = column === 'TH' ? 'Column' : 'Row';
      // Its types do not know what a heading is of.
      const cell = column === 'TH' || isRowHead ? document.struct('TH', Object({ scope })) : document.struct('TD');
      line.add(cell);
      cell.add(() => drawCell(document, text, index, top, layout));
      cell.end();
    }
    document.y = top + height;
    line.end();
  };
  const head = document.struct('THead');
  table.add(head);
  drawRow(columns, head, 'TH');
  head.end();
  const body = document.struct('TBody');
  table.add(body);
  for (const cells of texts) {
    if (document.y + heightOf(document, cells, layout, false) > document.page.maxY()) {
      await new Promise((resolve) => setTimeout(resolve));
      document.addPage();
      repeatHead(document, columns, layout);
    }
    drawRow(cells, body, 'TD');
  }
  body.end();
  table.end();
}

/** The headings once more, for the eye: a screen reader knows them from the first page. */
function repeatHead(document: Document, columns: readonly string[], layout: Layout): void {
  const top = document.y;
  const height = heightOf(document, columns, layout, true);
  ground(document, top, height, true);
  document.markContent('Artifact', { type: 'Pagination' });
  for (const [index, text] of columns.entries()) drawCell(document, text, index, top, layout);
  document.endMarkedContent();
  document.y = top + height;
}

interface Layout {
  readonly widths: readonly number[];
  readonly isAmount: readonly boolean[];
}

function needsOf(document: Document, columns: readonly string[], texts: readonly (readonly string[])[]): ColumnNeed[] {
  const widthOf = (text: string) => document.widthOfString(text) + 2 * GAP + 1;
  const measured = (font: Font, rows: readonly (readonly string[])[]): ColumnNeed[] => {
    document.font(font).fontSize(TEXT_SIZE);
    return columns.map((_, index) => {
      const cells = [...new Set(rows.map((row) => row[index] ?? ''))];
      const words = new Set(cells.flatMap((cell) => cell.split(/[ \n]/)));
      return { natural: Math.max(...cells.map(widthOf)), minimum: Math.max(...[...words].map(widthOf)) };
    });
  };
  const heads = measured('bold', [columns]);
  return measured('regular', [[], ...texts]).map((need, index) => ({
    natural: Math.max(need.natural, heads[index]?.natural ?? 0),
    minimum: Math.max(need.minimum, heads[index]?.minimum ?? 0),
  }));
}

/** How high a row becomes; sets the font that it is drawn in. */
function heightOf(document: Document, cells: readonly string[], { widths }: Layout, isHead: boolean): number {
  document.font(isHead ? 'bold' : 'regular').fontSize(TEXT_SIZE);
  const heights = cells.map((text, index) =>
    document.heightOfString(text === '' ? ' ' : text, { width: (widths[index] ?? 0) - 2 * GAP }),
  );
  return Math.max(...heights) + 2 * PADDING;
}

function drawCell(document: Document, text: string, index: number, top: number, { widths, isAmount }: Layout): void {
  const left = MARGIN + widths.slice(0, index).reduce((sum, width) => sum + width, 0);
  const width = (widths[index] ?? 0) - 2 * GAP;
  document
    .fillColor('black')
    .text(text, left + GAP, top + PADDING, { width, align: isAmount[index] ? 'right' : 'left' });
}

/** What is behind a row, which says nothing: the ground of headings, and the line below. */
function ground(document: Document, top: number, height: number, isHead: boolean): void {
  const width = document.page.width - 2 * MARGIN;
  document.markContent('Artifact', { type: 'Layout' });
  if (isHead) document.rect(MARGIN, top, width, height).fill(HEAD_GROUND);
  document
    .lineWidth(0.5)
    .strokeColor(LINE)
    .moveTo(MARGIN, top + height)
    .lineTo(MARGIN + width, top + height)
    .stroke();
  document.endMarkedContent();
}

function writeFooters(document: Document, { town, title, pageOf }: ListAbout): void {
  const { start, count } = document.bufferedPageRange();
  for (let index = 0; index < count; index += 1) {
    document.switchToPage(start + index);
    // Below the margin there is no room for a text, which would go to a page of its own.
    document.page.margins.bottom = 0;
    const [y, width] = [document.page.height - MARGIN + 8, document.page.width - 2 * MARGIN];
    document.markContent('Artifact', { type: 'Pagination' });
    document.font('regular').fontSize(8).fillColor(LINE);
    document.text(`${title} – ${town}`, MARGIN, y, { width, lineBreak: false });
    document.text(pageOf(index + 1, count), MARGIN, y, { width, align: 'right' });
    document.endMarkedContent();
  }
}
