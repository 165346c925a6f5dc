import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

// Reads a PDF from standard input as another program would, and writes what it finds as JSON: pages, text of the first, and its codes.
// A process of its own, since what draws the page is native code that does not live in a test's sandbox.
interface Drawn {
  readonly canvas: { toBuffer(type: 'image/png'): Buffer };
  readonly context: object;
}

const SCALE = 4;
// By itself it would fetch its program from the network.
const program = readFileSync(fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm')));
prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(program).buffer } });
const document = await getDocument({ data: new Uint8Array(await buffer(process.stdin)), verbosity: 0 }).promise;
const page = await document.getPage(1);
const { items } = await page.getTextContent();
const viewport = page.getViewport({ scale: SCALE });
const factory: { create(width: number, height: number): Drawn } = Object(document.canvasFactory);
const { canvas, context } = factory.create(viewport.width, viewport.height);
// Its types want a browser's canvas; it draws on this one as well.
await page.render(Object({ canvasContext: context, viewport })).promise;
const codes = await readBarcodes(new Uint8Array(canvas.toBuffer('image/png')));
process.stdout.write(
  JSON.stringify({
    pages: document.numPages,
    text: items.map((item) => ('str' in item ? item.str : '')).join('\n'),
    codes: codes.map(({ format, text, version, ecLevel }) => ({ format, text, version, ecLevel })),
  }),
);
