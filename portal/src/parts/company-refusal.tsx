import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { troubleOf } from '../api/problem.ts';
import type { CompanySignIn } from '../api/sign-in.ts';
import { waitMinutes } from '../domain/company-login.ts';
import { TEXTS } from '../texts.ts';
import { Notice } from './notice.tsx';
import { OfficeContact } from './office-contact.tsx';
import { digitalIdentityPath } from './sign-in-path.ts';

const texts = TEXTS.signIn.company;

interface CompanyRefusalProps {
  readonly answer: CompanySignIn | undefined;
  readonly error: Error | null;
  readonly back: string;
}

/** Why a company is not in yet, and what to do; nothing while there is nothing to say. */
export function CompanyRefusal({ answer, error, back }: CompanyRefusalProps) {
  if (error !== null) {
    const { title, text } = troubleOf(error) === 'offline' ? texts.offline : texts.away;
    return <Said title={title}>{text}</Said>;
  }
  switch (answer?.kind) {
    case undefined:
    case 'signed_in':
      return null;
    case 'wrong_credentials':
      return (
        <Said title={texts.wrongCredentials.title}>
          {texts.wrongCredentials.text} <OfficeContact />
        </Said>
      );
    case 'natural_person':
      return (
        <Said title={texts.naturalPerson.title}>
          {texts.naturalPerson.text} <Link to={digitalIdentityPath(back)}>{texts.naturalPerson.link}</Link>
        </Said>
      );
    case 'too_many_attempts':
      return (
        <Said title={texts.tooManyAttempts.title}>
          {texts.tooManyAttempts.text(waitMinutes(answer.retryAfterS))} <OfficeContact />
        </Said>
      );
    case 'invalid_request':
      return <Said title={texts.invalid.title}>{texts.invalid.text}</Said>;
  }
}

function Said({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Notice tone="danger" title={title}>
      <p>{children}</p>
    </Notice>
  );
}
