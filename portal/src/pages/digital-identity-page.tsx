import { type ReactNode, useId } from 'react';
import { useSearchParams } from 'react-router';
import agid from 'spid-smart-button/dist/img/spid-button-logo-bb-short.svg?url';
import spidLogo from 'spid-smart-button/dist/img/spid-logo.svg?url';
import type { SignInMethod } from '../api/sign-in.ts';
import { OUTSIDE } from '../outside-links.ts';
import { CieMark } from '../parts/cie-mark.tsx';
import { Notice } from '../parts/notice.tsx';
import { OfficeContact } from '../parts/office-contact.tsx';
import { PageHead, SIGN_IN_CRUMBS } from '../parts/page-head.tsx';
import { SignInMethods } from '../parts/sign-in-methods.tsx';
import { loginPath } from '../parts/sign-in-path.ts';
import { SpidButton } from '../parts/spid-button.tsx';
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
          { label: signIn.breadcrumb, to: `/accedi?${new URLSearchParams({ return: back })}` },
          { label: signIn.digital.title },
        ]}
        intro={signIn.intro}
      />
      {service !== undefined && <p>{signIn.goesTo(service.title)}</p>}
      <SignInMethods>{(methods) => <Blocks methods={methods} back={back} />}</SignInMethods>
    </>
  );
}

interface BlockProps {
  readonly method: SignInMethod;
  readonly back: string;
}

const BLOCKS: Record<SignInMethod['kind'], ((props: BlockProps) => ReactNode) | null> = {
  spid: SpidBlock,
  cie: CieBlock,
  certificate: CardBlock,
  openid: OpenidBlock,
  company: null,
};

function Blocks({ methods, back }: { methods: readonly SignInMethod[]; back: string }) {
  const shown = methods.flatMap((method) => {
    const Block = BLOCKS[method.kind];
    return Block === null ? [] : [<Block key={method.key} method={method} back={back} />];
  });
  if (shown.length > 0) return <div className="panels">{shown}</div>;
  return (
    <Notice tone="warning">
      <p>
        {signIn.digital.none} <OfficeContact />
      </p>
    </Notice>
  );
}

function Block({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

function SpidBlock({ method, back }: BlockProps) {
  const texts = signIn.spid;
  return (
    <Block title={texts.title}>
      <p>{texts.text}</p>
      <p>{texts.notForLegalPersons}</p>
      <p>
        {texts.obtain} <a href={OUTSIDE.obtainSpid}>{texts.obtainLink}</a>.
      </p>
      <SpidButton method={method} back={back} />
      <p>
        <a href={OUTSIDE.aboutSpid}>{texts.more}</a>
      </p>
      <p className="spid-marks">
        <img className="spid-logo" src={spidLogo} alt={texts.logo} width="96" height="48" />
        <span className="agid">
          <img src={agid} alt={texts.agid} width="150" height="31" />
        </span>
      </p>
    </Block>
  );
}

function CieBlock({ method, back }: BlockProps) {
  const texts = signIn.cie;
  return (
    <Block title={texts.title}>
      <p>{texts.text}</p>
      <p>
        {texts.obtain} <a href={OUTSIDE.cieApp}>{texts.obtainLink}</a>.
      </p>
      <a className="identity-button" href={loginPath(method, back)}>
        <span className="identity-mark">
          <CieMark />
        </span>
        <span className="identity-words">{texts.button}</span>
      </a>
    </Block>
  );
}

function CardBlock({ method, back }: BlockProps) {
  const texts = signIn.card;
  return (
    <Block title={texts.title}>
      <p>{texts.text}</p>
      <h3>{texts.cns.title}</h3>
      <p>
        {texts.cns.needs} <a href={OUTSIDE.tsCnsSoftware}>{texts.cns.link}</a>
      </p>
      <h3>{texts.cie.title}</h3>
      <p>
        {texts.cie.needs} <a href={OUTSIDE.cieSoftware}>{texts.cie.link}</a>
      </p>
      <p>{texts.before}</p>
      <a className="btn btn-primary" href={loginPath(method, back)}>
        {texts.button}
      </a>
    </Block>
  );
}

function OpenidBlock({ method, back }: BlockProps) {
  return (
    <Block title={signIn.openid.title}>
      <p>{signIn.openid.text}</p>
      <a className="btn btn-primary" href={loginPath(method, back)}>
        {method.label}
      </a>
    </Block>
  );
}
