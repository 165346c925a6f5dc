import { Button } from 'design-react-kit';
import { type FormEvent, useId, useState } from 'react';
import { TEXTS } from '../texts.ts';
import { Icon } from './icon.tsx';
import { PageHead, SERVICE_CRUMBS } from './page-head.tsx';
import { RefusalDialog } from './refusal-dialog.tsx';
import { RefusalInPage } from './refusal-notice.tsx';

const { search: texts } = TEXTS;

/**
 * What a person who answers for no pupil sees instead of every data page: the search of `ANAGRAFICA UTENTI` under the refusal. A search
 * has the same refusal for an answer, at once and without asking anybody, whatever was typed: nothing tells a pupil who does not exist
 * from somebody else's.
 */
export function RefusedSearch() {
  const [isOpen, setOpen] = useState(true);
  const id = useId();
  const search = (event: FormEvent) => {
    event.preventDefault();
    setOpen(true);
  };
  return (
    <>
      <PageHead title={TEXTS.titles.record} crumbs={[...SERVICE_CRUMBS, { label: TEXTS.services.record.title }]} />
      {!isOpen && <RefusalInPage />}
      <form className="search-form" onSubmit={search} aria-labelledby={`${id}-title`}>
        <h2 id={`${id}-title`}>{texts.heading}</h2>
        <div className="fields">
          <div className="field">
            <label htmlFor={`${id}-name`}>{texts.name}</label>
            <input id={`${id}-name`} type="text" autoComplete="off" className="form-control" />
          </div>
          <div className="field">
            <label htmlFor={`${id}-badge`}>{texts.badgeNumber}</label>
            <input id={`${id}-badge`} type="text" autoComplete="off" className="form-control" />
          </div>
          <Button color="primary" type="submit">
            <Icon name="it-search" className="icon-white icon-sm" /> {texts.button}
          </Button>
        </div>
      </form>
      <RefusalDialog isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}
