import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from 'design-react-kit';
import { useState } from 'react';
import { TEXTS } from '../texts.ts';
import { Notice } from './notice.tsx';
import { OfficeContact } from './office-contact.tsx';

/** The refusal: a dialog over the page and, once it is closed, the same words in the page. */
export function RefusalNotice() {
  const [isOpen, setOpen] = useState(true);
  const close = () => setOpen(false);
  return (
    <>
      <Notice tone="warning" title={TEXTS.refusal.text}>
        <p>
          {TEXTS.refusal.next} <OfficeContact />
        </p>
      </Notice>
      <Modal isOpen={isOpen} toggle={close} labelledBy="refusal-title" fade={false} centered>
        <ModalHeader id="refusal-title" tag="h2">
          {TEXTS.refusal.title}
        </ModalHeader>
        <ModalBody>
          <p>{TEXTS.refusal.text}</p>
        </ModalBody>
        <ModalFooter>
          <Button color="primary" onClick={close} autoFocus>
            {TEXTS.refusal.close}
          </Button>
        </ModalFooter>
      </Modal>
    </>
  );
}
