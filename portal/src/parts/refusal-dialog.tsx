import { Button, Modal, ModalFooter, ModalHeader } from 'design-react-kit';
import { TEXTS } from '../texts.ts';

/** The refusal, in its own words and no others. */
export function RefusalDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal isOpen={isOpen} toggle={onClose} labelledBy="refusal-title" fade={false} centered className="refusal">
      <ModalHeader id="refusal-title" tag="h2">
        {TEXTS.refusal.text}
      </ModalHeader>
      <ModalFooter>
        <Button color="primary" onClick={onClose} autoFocus>
          {TEXTS.refusal.close}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
