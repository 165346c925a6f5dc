import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from 'design-react-kit';
import { TEXTS } from '../texts.ts';

const { frame } = TEXTS;

interface SignOutEverywhereProps {
  readonly isPending: boolean;
  readonly hasFailed: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before every session of the person ends, since the others may be in use by somebody of the family. */
export function SignOutEverywhere({ isPending, hasFailed, onConfirm, onClose }: SignOutEverywhereProps) {
  return (
    <Modal isOpen toggle={onClose} labelledBy="everywhere-title" fade={false} centered>
      <ModalHeader id="everywhere-title" tag="h2">
        {frame.everywhereTitle}
      </ModalHeader>
      <ModalBody>
        <p>{frame.everywhereText}</p>
        <p className="fault" role="alert">
          {hasFailed && frame.everywhereFailed}
        </p>
      </ModalBody>
      <ModalFooter>
        <Button color="primary" outline onClick={onClose}>
          {frame.cancel}
        </Button>
        <Button color="primary" onClick={onConfirm} disabled={isPending}>
          {frame.signOutEverywhere}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
