import { useState } from 'react';
import { TEXTS } from '../texts.ts';
import { Notice } from './notice.tsx';
import { OfficeContact } from './office-contact.tsx';
import { RefusalDialog } from './refusal-dialog.tsx';

/** The refusal: a dialog over the page and, once it is closed, the same words in the page with whom to ask. */
export function RefusalNotice() {
  const [isOpen, setOpen] = useState(true);
  return (
    <>
      {!isOpen && <RefusalInPage />}
      <RefusalDialog isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}

/** The refusal's words in the page, with whom to ask. */
export function RefusalInPage() {
  return (
    <Notice tone="warning" title={TEXTS.refusal.text}>
      <p>
        {TEXTS.refusal.next} <OfficeContact />
      </p>
    </Notice>
  );
}
