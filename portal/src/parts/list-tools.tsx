import { useQuery } from '@tanstack/react-query';
import { Button } from 'design-react-kit';
import { useEffect, useState } from 'react';
import { sessionQuery } from '../api/queries.ts';
import { cellText, type WholeList } from '../domain/list.ts';
import { writeCsv } from '../files/csv.ts';
import type { ListAbout } from '../files/list-pdf.ts';
import { LANGUAGE, TEXTS } from '../texts.ts';
import { producedBy } from './produced-by.tsx';

interface ListToolsProps {
  /** Without its ending; holds no name and no badge number, since it stays in the downloads of whoever's computer it is. */
  readonly fileName: string;
  /** The page's title. */
  readonly title: string;
  /** What the list is: of whom, of which days. */
  readonly caption: string;
  readonly source: keyof typeof TEXTS.sources;
  /** Whether the page shows the list to its end. */
  readonly isWhole: boolean;
  /** Reads all pages of the list and shows them. @returns null where not all could be read */
  readonly loadList: () => Promise<WholeList | null>;
}

type Kind = 'csv' | 'pdf' | 'print';

const { search: texts } = TEXTS;

/** The whole list, however many pages it has, as a file for a spreadsheet, as a PDF, or on paper. */
export function ListTools({ fileName, title, caption, source, isWhole, loadList }: ListToolsProps) {
  const session = useQuery(sessionQuery);
  const town = TEXTS.frame.townOf(session.data?.municipality.name ?? '');
  const [said, setSaid] = useState('');
  const [busy, setBusy] = useState<Kind | null>(null);
  // What is printed is what the page shows: it waits until all rows are there.
  useEffect(() => {
    if (busy !== 'print' || !isWhole) return;
    setBusy(null);
    setSaid('');
    window.print();
  }, [busy, isWhole]);
  const download = async (wanted: 'csv' | 'pdf', list: WholeList) => {
    const { asOf } = list;
    const about = { town, title, caption, producedBy: producedBy(source, town, asOf), createdAt: new Date(asOf) };
    const file = wanted === 'csv' ? await csvOf(list) : await pdfOf(list, about);
    saveFile(`${fileName}.${wanted}`, file);
    setSaid(texts.listReady(`${fileName}.${wanted}`));
  };
  const begin = async (wanted: Kind) => {
    if (busy !== null) return;
    setBusy(wanted);
    setSaid(texts.preparing);
    try {
      const list = await loadList();
      if (list !== null && wanted === 'print') return;
      if (list === null) setSaid(texts.listFailed);
      else if (wanted !== 'print') await download(wanted, list);
    } catch {
      // What writes the file is loaded when it is first needed, and the line may be gone by then.
      setSaid(texts.listFailed);
    }
    setBusy(null);
  };
  return (
    <div className="list-tools">
      {(['pdf', 'csv', 'print'] as const).map((kind) => (
        <Button
          key={kind}
          color="primary"
          outline
          size="sm"
          onClick={() => void begin(kind)}
          aria-disabled={busy !== null}
        >
          {texts[kind]}
        </Button>
      ))}
      <p role="status">{said}</p>
    </div>
  );
}

async function csvOf(list: WholeList): Promise<Blob> {
  return new Blob([await writeCsv(list)], { type: 'text/csv;charset=utf-8' });
}

async function pdfOf(list: WholeList, about: Omit<ListAbout, 'language' | 'pageOf'>): Promise<Blob> {
  const [{ writeListPdf }, { loadPdfFonts }] = await Promise.all([
    import('../files/list-pdf.ts'),
    import('../files/pdf-fonts.ts'),
  ]);
  const whole = { ...about, language: LANGUAGE, pageOf: texts.pageOf };
  const fonts = await loadPdfFonts([
    ...[about.town, about.title, about.caption, about.producedBy],
    ...list.columns,
    ...list.rows.flat().map(cellText),
  ]);
  return writeListPdf(list, whole, fonts);
}

function saveFile(name: string, file: Blob): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
