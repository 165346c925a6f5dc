import { TEXTS } from './texts.ts';

/** One of the seven services of the hub. */
export interface Service {
  readonly path:
    | '/scheda-anagrafica'
    | '/refezione-scolastica'
    | '/documenti-contabili'
    | '/conto-corrente-virtuale'
    | '/pagamento-servizi-scolastici'
    | '/ricariche-pagopa'
    | '/comunicazioni-assenze';
  readonly title: string;
  readonly sentence: string;
  readonly pageTitle: string;
  readonly icon: string;
}

const { services, titles } = TEXTS;

/** The seven services in the order in which parents know them. */
export const SERVICES: readonly Service[] = [
  { path: '/scheda-anagrafica', ...services.record, pageTitle: titles.record, icon: 'it-user' },
  { path: '/refezione-scolastica', ...services.canteen, pageTitle: titles.canteen, icon: 'it-calendar' },
  { path: '/documenti-contabili', ...services.documents, pageTitle: titles.documents, icon: 'it-files' },
  { path: '/conto-corrente-virtuale', ...services.account, pageTitle: titles.account, icon: 'it-chart-line' },
  { path: '/pagamento-servizi-scolastici', ...services.payment, pageTitle: titles.payment, icon: 'it-card' },
  { path: '/ricariche-pagopa', ...services.topUp, pageTitle: titles.topUp, icon: 'it-plus-circle' },
  { path: '/comunicazioni-assenze', ...services.absences, pageTitle: titles.absences, icon: 'it-comment' },
];

/** The service whose page a local path is; undefined for every other page. */
export function serviceAt(path: string): Service | undefined {
  const [page] = path.split('?', 1);
  return SERVICES.find((service) => service.path === page);
}

const RETURN_LENGTH_MAX = 512;
const BASE = 'http://portal.invalid';
/** The gateway's own end points, and the sign-in itself. */
const NO_PAGE = /^\/(?:api|login|logout|accedi)(?:[/?#]|$)/;

/**
 * Where to go back to after sign-in: a page of this portal, never another site's, and never the sign-in itself. What the gateway would
 * refuse to go back to is the hub, so that a link gone wrong costs nobody the sign-in.
 */
export function returnPath(wanted: string | null): string {
  if (wanted === null || wanted.length > RETURN_LENGTH_MAX) return '/';
  if (!/^\/(?!\/)[\x21-\x7e]*$/.test(wanted) || wanted.includes('\\')) return '/';
  const { origin, pathname } = new URL(wanted, BASE);
  if (origin !== BASE || pathname.startsWith('//')) return '/';
  return NO_PAGE.test(pathname) ? '/' : wanted;
}
