import { TEXTS } from '../texts.ts';
import { Icon } from './icon.tsx';
import { OfficeContact } from './office-contact.tsx';

/** The advice of every data page: a parent consults, the office corrects. */
export function WrongData() {
  return (
    <aside className="wrong-data" aria-labelledby="wrong-data-title">
      <Icon name="it-info-circle" className="icon-primary" />
      <div>
        <h2 id="wrong-data-title">{TEXTS.wrongData.title}</h2>
        <p>
          {TEXTS.wrongData.text} <OfficeContact />
        </p>
      </div>
    </aside>
  );
}
