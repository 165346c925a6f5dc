import { Button } from 'design-react-kit';
import { type FormEvent, useId, useState } from 'react';
import { formatDate, parseTypedDay } from '../domain/days.ts';
import { type RangeFault, rangeFault, type Search } from '../domain/search.ts';
import { TEXTS } from '../texts.ts';
import { Icon } from './icon.tsx';

/** One choice of whom to search for. */
export interface SubjectOption {
  readonly value: string;
  readonly label: string;
}

interface SearchFormProps {
  readonly subjectLabel: string;
  readonly noSubject: string;
  readonly options: readonly SubjectOption[];
  readonly search: Search;
  readonly onSearch: (search: Search) => void;
}

const { search: texts } = TEXTS;

/**
 * The filters of a data page. Days are typed, not picked: a browser's own date field is written in the browser's language, and `10/11` read
 * the wrong way round is a wrong month. Keeps what was typed when it cannot be searched, and says what is wrong with it.
 */
export function SearchForm({ subjectLabel, noSubject, options, search, onSearch }: SearchFormProps) {
  // Whom a link asks for may be nobody's to see: the form then offers what there is, and the next search is for that.
  const offered = options.find(({ value }) => value === search.subject) ?? options[0];
  const [subject, setSubject] = useState(offered?.value ?? '');
  const [from, setFrom] = useState(formatDate(search.from));
  const [to, setTo] = useState(formatDate(search.to));
  const [fault, setFault] = useState<RangeFault | null>(() => rangeFault(search.from, search.to));
  const id = useId();
  const isEmpty = options.length === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = rangeFault(from, to);
    setFault(found);
    if (found !== null) document.getElementById(`${id}-${found === 'missing_to' ? 'to' : 'from'}`)?.focus();
    const [fromDay, toDay] = [parseTypedDay(from), parseTypedDay(to)];
    if (found !== null || fromDay === null || toDay === null) return;
    onSearch({ subject: subject === '' ? null : subject, from: fromDay, to: toDay });
  };
  const describedBy = fault === null ? {} : { 'aria-invalid': true, 'aria-describedby': `${id}-fault` };
  const isFromFaulty = fault !== null && fault !== 'missing_to';
  const isToFaulty = fault !== null && fault !== 'missing_from';
  return (
    <form className="search-form" onSubmit={submit} noValidate aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{texts.heading}</h2>
      <div className="fields">
        <div className="field wide">
          <label htmlFor={`${id}-subject`}>{subjectLabel}</label>
          <select
            id={`${id}-subject`}
            className="form-select"
            value={subject}
            disabled={isEmpty}
            onChange={(event) => setSubject(event.target.value)}
          >
            {isEmpty && <option value="">{noSubject}</option>}
            {options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-from`}>{texts.from}</label>
          <input
            id={`${id}-from`}
            type="text"
            inputMode="numeric"
            autoComplete="off"
            placeholder={texts.dateForm}
            className="form-control"
            value={from}
            disabled={isEmpty}
            onChange={(event) => setFrom(event.target.value)}
            {...(isFromFaulty ? describedBy : {})}
          />
        </div>
        <div className="field">
          <label htmlFor={`${id}-to`}>{texts.to}</label>
          <input
            id={`${id}-to`}
            type="text"
            inputMode="numeric"
            autoComplete="off"
            placeholder={texts.dateForm}
            className="form-control"
            value={to}
            disabled={isEmpty}
            onChange={(event) => setTo(event.target.value)}
            {...(isToFaulty ? describedBy : {})}
          />
        </div>
        <Button color="primary" type="submit" disabled={isEmpty}>
          <Icon name="it-search" className="icon-white icon-sm" /> {texts.button}
        </Button>
      </div>
      <p id={`${id}-fault`} className="fault" role="alert">
        {fault !== null && texts.faults[fault]}
      </p>
    </form>
  );
}
