import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { sessionQuery } from '../api/queries.ts';
import type { SignInMethod } from '../api/sign-in.ts';
import { outcomeOf } from '../domain/sign-in-outcome.ts';
import { CompanyForm } from '../parts/company-form.tsx';
import { Notice } from '../parts/notice.tsx';
import { PageHead, SIGN_IN_CRUMBS } from '../parts/page-head.tsx';
import { SignInMethods } from '../parts/sign-in-methods.tsx';
import { SignInOutcome } from '../parts/sign-in-outcome.tsx';
import { digitalIdentityPath } from '../parts/sign-in-path.ts';
import { returnPath, serviceAt } from '../services.ts';
import { TEXTS } from '../texts.ts';

const { signIn } = TEXTS;

/** First page of the sign-in: for citizens, and for companies. Explains a sign-in that did not happen. */
export function SignInPage() {
  const [address] = useSearchParams();
  const session = useQuery(sessionQuery);
  const back = returnPath(address.get('return'));
  const service = serviceAt(back);
  const outcome = outcomeOf(address.get('errore'), address.get('codice'));
  return (
    <>
      <PageHead
        title={TEXTS.titles.signIn}
        crumbs={[...SIGN_IN_CRUMBS, { label: signIn.breadcrumb }]}
        {...(outcome === null ? { intro: signIn.intro } : { windowTitle: signIn.outcomes[outcome.key].title })}
      />
      {session.data?.signedIn && (
        <Notice tone="info">
          {signIn.alreadyIn} <Link to={back}>{service?.title ?? signIn.alreadyInLink}</Link>
        </Notice>
      )}
      {outcome !== null && <SignInOutcome key={outcome.key} outcome={outcome} back={back} />}
      {service !== undefined && <p>{signIn.goesTo(service.title)}</p>}
      <SignInMethods>{(methods) => <Panels methods={methods} back={back} />}</SignInMethods>
    </>
  );
}

function Panels({ methods, back }: { methods: readonly SignInMethod[]; back: string }) {
  const kinds = new Set<string>(methods.map(({ kind }) => kind));
  const digital = Object.entries(signIn.digital.names).flatMap(([kind, name]) => (kinds.has(kind) ? [name] : []));
  return (
    <div className="panels two">
      {digital.length > 0 && <DigitalPanel names={digital} back={back} />}
      {kinds.has('company') && <CompanyPanel back={back} />}
    </div>
  );
}

function DigitalPanel({ names, back }: { names: readonly string[]; back: string }) {
  const list = new Intl.ListFormat('it', { type: 'disjunction' }).format(names);
  return (
    <section className="panel" aria-labelledby="digital-title">
      <h2 id="digital-title">{signIn.digital.title}</h2>
      <p>{signIn.digital.text(list)}</p>
      <Link className="btn btn-primary" to={digitalIdentityPath(back)}>
        {signIn.digital.button}
      </Link>
    </section>
  );
}

function CompanyPanel({ back }: { back: string }) {
  return (
    <section className="panel" aria-labelledby="company-title">
      <h2 id="company-title">{signIn.company.title}</h2>
      <p>{signIn.company.text}</p>
      <CompanyForm back={back} />
    </section>
  );
}
