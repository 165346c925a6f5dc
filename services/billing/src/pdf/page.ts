import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';
import { unpackWoff } from './woff.ts';

export const MM = 72 / 25.4;
export const MARGIN = 10 * MM;
export const PAGE_WIDTH = 210 * MM;
const GROUND = '#ECECEC';

const resolve = createRequire(import.meta.url).resolve;
const load = (name: string) => unpackWoff(readFileSync(resolve(`@fontsource/${name}.woff`)));
const FONTS = {
  regular: load('titillium-web/files/titillium-web-latin-400-normal'),
  bold: load('titillium-web/files/titillium-web-latin-700-normal'),
  black: load('titillium-web/files/titillium-web-latin-900-normal'),
  mono: load('roboto-mono/files/roboto-mono-latin-700-normal'),
} as const;

/**
 * Draws an A4 page in Italian, tagged for screen readers. The same content and day are the same bytes, whenever it is drawn.
 *
 * @param draw puts the content on it
 */
export function renderPage(
  about: { readonly title: string; readonly author: string; readonly createdAt: Date },
  draw: (document: PDFKit.PDFDocument) => void,
): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    pdfVersion: '1.7',
    lang: 'it-IT',
    tagged: true,
    displayTitle: true,
    // None of pdfkit's own: ours are registered below.
    font: '',
    info: { Title: about.title, Author: about.author, CreationDate: about.createdAt },
  });
  for (const [style, font] of Object.entries(FONTS)) document.registerFont(style, font);
  document.font('regular' satisfies Style);
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise<Buffer>((fulfil, reject) => {
    document.on('end', () => fulfil(Buffer.concat(chunks)));
    document.on('error', reject);
  });
  draw(document);
  document.end();
  return done;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width?: number;
}

export type Style = keyof typeof FONTS;

/** Writes a text and tags it. @returns where the next line goes */
export function write(
  document: PDFKit.PDFDocument,
  text: string,
  { x, y, width = PAGE_WIDTH - MARGIN - x }: Place,
  { font = 'regular', size = 10, tag = 'P' }: { font?: Style; size?: number; tag?: 'P' | 'H1' | 'H2' } = {},
): number {
  const options = { width, lineGap: 1 };
  let bottom = y;
  document.addStructure(
    document.struct(tag, {}, () => {
      document.font(font).fontSize(size).fillColor('#000000').text(text, x, y, options);
      bottom = document.y;
    }),
  );
  return bottom;
}

/** A strip with a section's heading. @returns where its content begins */
export function heading(document: PDFKit.PDFDocument, text: string, y: number): number {
  const height = 7 * MM;
  document.rect(MARGIN, y, PAGE_WIDTH - 2 * MARGIN, height).fill(GROUND);
  write(document, text, { x: MARGIN + 2 * MM, y: y + 1.2 * MM }, { font: 'black', size: 11, tag: 'H2' });
  return y + height + 3 * MM;
}
