import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { sessionQuery } from '../api/queries.ts';
import { Notice } from '../parts/notice.tsx';
import { OfficeContact } from '../parts/office-contact.tsx';
import { PageHead, SIGN_IN_CRUMBS } from '../parts/page-head.tsx';
import { returnPath, serviceAt } from '../services.ts';
import { TEXTS } from '../texts.ts';

const { signIn } = TEXTS;

/** First page of the sign-in: for citizens, and for companies. Explains a sign-in that did not succeed. */
export function SignInPage() {
  const [address] = useSearchParams();
  const session = useQuery(sessionQuery);
  const back = returnPath(address.get('return'));
  const service = serviceAt(back);
  return (
    <>
      <PageHead
        title={TEXTS.titles.signIn}
        crumbs={[...SIGN_IN_CRUMBS, { label: signIn.breadcrumb }]}
        intro={signIn.intro}
      />
      {session.data?.signedIn && (
        <Notice tone="info">
          {signIn.alreadyIn} <Link to={back}>{service?.title ?? signIn.alreadyInLink}</Link>
        </Notice>
      )}
      <SignInFailure failure={address.get('errore')} code={address.get('codice')} back={back} />
      {service !== undefined && <p>{signIn.goesTo(service.title)}</p>}
      <div className="panels two">
        <section className="panel" aria-labelledby="digital-title">
          <h2 id="digital-title">{signIn.digital.title}</h2>
          <p>{signIn.digital.text}</p>
          <Link className="btn btn-primary" to={digitalIdentityPath(back)}>
            {signIn.digital.button}
          </Link>
        </section>
        <CompanyPanel />
      </div>
    </>
  );
}

function digitalIdentityPath(back: string): string {
  return `/accedi/identita-digitale?${new URLSearchParams({ return: back })}`;
}

function isKeyOf<Dictionary extends object>(
  dictionary: Dictionary,
  key: string | null,
): key is string & keyof Dictionary {
  return key !== null && Object.hasOwn(dictionary, key);
}

function SignInFailure({ failure, code, back }: { failure: string | null; code: string | null; back: string }) {
  if (failure === null) return null;
  const { title, text } = signIn.failures[isKeyOf(signIn.failures, failure) ? failure : 'unavailable'];
  const explained = isKeyOf(signIn.providerCodes, code) ? signIn.providerCodes[code] : text;
  return (
    <Notice tone={failure === 'cancelled' ? 'warning' : 'danger'} title={title}>
      <p>{explained}</p>
      <Link className="btn btn-outline-primary" to={digitalIdentityPath(back)}>
        {signIn.retry}
      </Link>
    </Notice>
  );
}

function CompanyPanel() {
  const { password } = signIn;
  return (
    <section className="panel" aria-labelledby="password-title">
      <h2 id="password-title">{password.title}</h2>
      <p>{password.text}</p>
      <Notice tone="info">
        {password.notYet} <OfficeContact />
      </Notice>
      <fieldset disabled aria-labelledby="password-title">
        <div className="field">
          <label htmlFor="username">{password.username}</label>
          <input id="username" type="text" className="form-control" autoComplete="off" />
        </div>
        <div className="field">
          <label htmlFor="password">{password.password}</label>
          <input id="password" type="password" className="form-control" autoComplete="off" />
        </div>
        <button type="button" className="btn btn-outline-primary">
          {password.button}
        </button>
      </fieldset>
    </section>
  );
}
