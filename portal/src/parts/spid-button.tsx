import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from 'design-react-kit';
import { useId, useMemo, useState } from 'react';
import spidIcon from 'spid-smart-button/dist/img/spid-ico-circle-bb.svg?url';
import type { SignInMethod } from '../api/sign-in.ts';
import { shuffled } from '../domain/shuffled.ts';
import { OUTSIDE } from '../outside-links.ts';
import { TEXTS } from '../texts.ts';
import { loginPath } from './sign-in-path.ts';

const texts = TEXTS.signIn.spid;

/**
 * SPID's button. With several providers it opens their list, in an order that changes with every visit; with one, or where the
 * choice is made elsewhere, it goes straight there.
 */
export function SpidButton({ method, back }: { method: SignInMethod; back: string }) {
  const [isOpen, setOpen] = useState(false);
  const label = (
    <>
      <span className="identity-mark">
        <img className="picture" src={spidIcon} alt="" />
      </span>
      <span className="identity-words">{texts.button}</span>
    </>
  );
  const [only, ...others] = method.providers;
  if (others.length === 0) {
    return (
      <a className="identity-button" href={loginPath(method, back, only?.issuer)}>
        {label}
      </a>
    );
  }
  return (
    <>
      <button type="button" className="identity-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {label}
      </button>
      <ProviderList method={method} back={back} isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}

interface ProviderListProps {
  readonly method: SignInMethod;
  readonly back: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

function ProviderList({ method, back, isOpen, onClose }: ProviderListProps) {
  const id = useId();
  const providers = useMemo(() => shuffled(method.providers), [method.providers]);
  return (
    <Modal isOpen={isOpen} toggle={onClose} labelledBy={id} fade={false} centered scrollable>
      <ModalHeader id={id} tag="h2" toggle={onClose} closeAriaLabel={texts.close}>
        {texts.choose}
      </ModalHeader>
      <ModalBody>
        <ul className="providers">
          {providers.map(({ issuer, name }) => (
            <li key={issuer}>
              <a href={loginPath(method, back, issuer)}>{name}</a>
            </li>
          ))}
        </ul>
        <p>
          {texts.noSpid} <a href={OUTSIDE.obtainSpid}>{texts.howTo}</a>
        </p>
        <p>
          <a href={OUTSIDE.aboutSpid}>{texts.more}</a>
        </p>
      </ModalBody>
      <ModalFooter>
        <Button color="primary" outline onClick={onClose}>
          {texts.cancel}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
