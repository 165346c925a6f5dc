import { Button } from 'design-react-kit';
import { useEffect, useState } from 'react';
import { writeCsv } from '../domain/csv.ts';
import { TEXTS } from '../texts.ts';

interface ListToolsProps {
  /** Without its ending; holds no name and no badge number, since it stays in the downloads of whoever's computer it is. */
  readonly fileName: string;
  /** Whether the page shows the list to its end. */
  readonly isWhole: boolean;
  /** Reads all pages of the list and shows them. @returns headings and rows; null where not all could be read */
  readonly loadRows: () => Promise<readonly (readonly string[])[] | null>;
}

type Busy = 'download' | 'print' | null;

const { search: texts } = TEXTS;

/** The whole list, however many pages it has, as a file for a spreadsheet or on paper. */
export function ListTools({ fileName, isWhole, loadRows }: ListToolsProps) {
  const [said, setSaid] = useState('');
  const [busy, setBusy] = useState<Busy>(null);
  // What is printed is what the page shows: it waits until all rows are there.
  useEffect(() => {
    if (busy !== 'print' || !isWhole) return;
    setBusy(null);
    setSaid('');
    window.print();
  }, [busy, isWhole]);
  const begin = async (wanted: Busy) => {
    if (busy !== null) return;
    setBusy(wanted);
    setSaid(texts.preparing);
    const rows = await loadRows();
    if (rows === null || wanted === 'download') setBusy(null);
    if (rows === null) setSaid(texts.listFailed);
    else if (wanted === 'download') {
      saveFile(`${fileName}.csv`, await writeCsv(rows));
      setSaid(texts.csvReady(`${fileName}.csv`));
    }
  };
  return (
    <div className="list-tools">
      <Button color="primary" outline size="sm" onClick={() => void begin('download')} aria-disabled={busy !== null}>
        {texts.csv}
      </Button>
      <Button color="primary" outline size="sm" onClick={() => void begin('print')} aria-disabled={busy !== null}>
        {texts.print}
      </Button>
      <p role="status">{said}</p>
    </div>
  );
}

function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
