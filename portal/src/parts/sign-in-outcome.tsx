import { useEffect, useRef } from 'react';
import { Link } from 'react-router';
import type { Outcome } from '../domain/sign-in-outcome.ts';
import { TEXTS } from '../texts.ts';
import { Icon } from './icon.tsx';
import { OfficeContact } from './office-contact.tsx';
import { digitalIdentityPath } from './sign-in-path.ts';

const { outcome: labels, outcomes } = TEXTS.signIn;
const GIVEN_UP: readonly Outcome['key'][] = ['cancelled', 'nr25', 'nr22'];

/** Explains a sign-in that did not happen: what, what to do, another attempt that leads to the same page, and who helps. Takes the focus. */
export function SignInOutcome({ outcome, back }: { outcome: Outcome; back: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  const { title, what, todo } = outcomes[outcome.key];
  const tone = GIVEN_UP.includes(outcome.key) ? 'given-up' : 'failed';
  return (
    <section className={`outcome ${tone}`} aria-labelledby="outcome-title">
      <h2 id="outcome-title" ref={heading} tabIndex={-1}>
        <Icon name={tone === 'given-up' ? 'it-info-circle' : 'it-error'} /> {title}
      </h2>
      <p className="what">{what}</p>
      <h3>{labels.todo}</h3>
      <ul>
        {todo.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ul>
      <p>
        <Link className="btn btn-primary" to={digitalIdentityPath(back)}>
          {labels.retry}
        </Link>
      </p>
      <p>
        {labels.contact} <OfficeContact />
      </p>
      <p className="reference">
        {labels.reference} <code>{outcome.reference}</code>
      </p>
    </section>
  );
}
