import { useQuery } from '@tanstack/react-query';
import { Header, HeaderContent } from 'design-react-kit';
import { Link, NavLink, useLocation } from 'react-router';
import { sessionQuery } from '../api/queries.ts';
import { Icon } from '../parts/icon.tsx';
import { signInPath } from '../parts/sign-in-path.ts';
import { returnPath } from '../services.ts';
import { chooseLanguage, type Language } from '../texts/language.ts';
import { LANGUAGE, TEXTS } from '../texts.ts';
import { SignOut } from './sign-out.tsx';

const { frame } = TEXTS;

/** The municipality's header: its site, its name, the audiences, and who is signed in. */
export function TownHeader() {
  const session = useQuery(sessionQuery);
  const town = session.data === undefined ? frame.townUnknown : frame.townOf(session.data.municipality.name);
  return (
    <header className="it-header-wrapper">
      <Header type="slim">
        <HeaderContent>
          <InstitutionalSite />
          <div className="it-header-slim-right-zone">
            <OtherLanguage />
            <WhoIsIn />
          </div>
        </HeaderContent>
      </Header>
      <div className="it-nav-wrapper">
        <Header type="center">
          <HeaderContent>
            <div className="it-brand-wrapper">
              <Link to="/">
                <Icon name="it-pa" />
                <span className="it-brand-text">
                  <span className="it-brand-title">{town}</span>
                  <span className="it-brand-tagline">{frame.area}</span>
                </span>
              </Link>
            </div>
          </HeaderContent>
        </Header>
        <Audiences />
      </div>
    </header>
  );
}

function InstitutionalSite() {
  const session = useQuery(sessionQuery);
  return (
    <a className="institutional-site" href={session.data?.municipality.websiteUrl ?? '/'}>
      {frame.institutionalSite}
    </a>
  );
}

const OTHER: Language = LANGUAGE === 'it' ? 'en' : 'it';

/** The way to the other language, in that language. */
function OtherLanguage() {
  return (
    <button type="button" className="other-language" lang={OTHER} onClick={() => chooseLanguage(OTHER)}>
      <span aria-hidden="true">{OTHER.toUpperCase()}</span>
      <span className="visually-hidden">{frame.otherLanguage}</span>
    </button>
  );
}

function WhoIsIn() {
  const session = useQuery(sessionQuery);
  const location = useLocation();
  if (session.data?.signedIn) return <SignOut session={session.data} />;
  const isSigningIn = location.pathname.startsWith('/accedi');
  const back = returnPath(new URLSearchParams(location.search).get('return'));
  return (
    <Link
      className="btn btn-primary btn-icon btn-full"
      to={isSigningIn ? signInPath({ pathname: back, search: '' }) : signInPath(location)}
    >
      <span className="rounded-icon">
        <Icon name="it-user" className="icon-primary" />
      </span>
      <span>{frame.signIn}</span>
    </Link>
  );
}

function Audiences() {
  const { pathname } = useLocation();
  const isOther = ['/imprese', '/altri-enti', '/servizi'].includes(pathname);
  return (
    <nav className="audiences" aria-label={frame.audiences}>
      <ul className="container-xxl">
        <li>
          <Link to="/" {...(isOther ? {} : { className: 'active', 'aria-current': 'true' })}>
            {frame.citizens}
          </Link>
        </li>
        <li>
          <NavLink to="/imprese">{frame.companies}</NavLink>
        </li>
        <li>
          <NavLink to="/altri-enti">{frame.bodies}</NavLink>
        </li>
        <li className="all-services">
          <NavLink to="/servizi">{frame.allServices}</NavLink>
        </li>
      </ul>
    </nav>
  );
}
