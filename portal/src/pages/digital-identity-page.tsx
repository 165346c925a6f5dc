import { useSearchParams } from 'react-router';
import { PageHead, SIGN_IN_CRUMBS } from '../parts/page-head.tsx';
import { returnPath, serviceAt } from '../services.ts';
import { TEXTS } from '../texts.ts';

const { signIn } = TEXTS;

/** Second page of the sign-in: which digital identity. The buttons leave the portal for the gateway's own addresses. */
export function DigitalIdentityPage() {
  const [address] = useSearchParams();
  const back = returnPath(address.get('return'));
  const service = serviceAt(back);
  return (
    <>
      <PageHead
        title={TEXTS.titles.digitalIdentity}
        crumbs={[
          ...SIGN_IN_CRUMBS,
          { label: signIn.breadcrumb, to: `/accedi?${address}` },
          { label: signIn.digital.title },
        ]}
        intro={signIn.intro}
      />
      {service !== undefined && <p>{signIn.goesTo(service.title)}</p>}
      <div className="panels">
        <ProviderPanel provider="spid" link="https://www.spid.gov.it/cos-e-spid/come-attivare-spid/" back={back} />
        <ProviderPanel
          provider="cie"
          link="https://www.cartaidentita.interno.gov.it/cittadini/app-cieid/"
          back={back}
        />
        <section className="panel" aria-labelledby="card-title">
          <h2 id="card-title">{signIn.card.title}</h2>
          <p>{signIn.card.text}</p>
          <button type="button" className="btn btn-outline-primary" disabled>
            {signIn.card.button}
          </button>
        </section>
      </div>
    </>
  );
}

function ProviderPanel({ provider, link, back }: { provider: 'spid' | 'cie'; link: string; back: string }) {
  const texts = signIn[provider];
  return (
    <section className="panel" aria-labelledby={`${provider}-title`}>
      <h2 id={`${provider}-title`}>{texts.title}</h2>
      <p>{texts.text}</p>
      <p>
        {texts.obtain} <a href={link}>{texts.obtainLink}</a>.
      </p>
      <a className="btn btn-primary" href={`/login/${provider}?${new URLSearchParams({ return: back })}`}>
        {texts.button}
      </a>
    </section>
  );
}
