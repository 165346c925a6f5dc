import type { Page, Route } from 'playwright-core';

/** What the gateway answers at one of its addresses; `never` leaves the request open. */
export type Answer =
  | 'never'
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> };

/** Answers by path, instead of those of the gateway; all other paths are its own. */
export type Answers = Readonly<Record<string, Answer>>;

/** A state of the sign-in pages, or of what depends on who signed in, with the answers that bring it about. */
export interface SignInState {
  readonly name: string;
  readonly path: string;
  readonly answers: Answers;
  /** Texts that must be there, each once at least. */
  readonly shows: readonly string[];
  /** What somebody does before the state is there. */
  readonly prepare?: (page: Page) => Promise<void>;
}

const MUNICIPALITY = {
  name: 'Vallefinta',
  websiteUrl: 'https://www.vallefinta.example',
  officeContact: 'Ufficio Scuola, scuola@vallefinta.example',
};

const PERSON = { signedIn: true, municipality: MUNICIPALITY, csrfToken: 'csrf-token-of-the-test' };

/** Issuers and names of three providers, as the platform's sandbox has them. */
export const PROVIDERS = ['alfa', 'beta', 'gamma'].map((name) => ({
  issuer: `https://${name}.example`,
  name: `Gestore ${name}`,
}));

/** Every way to sign in. */
export const METHODS = {
  spid: { key: 'spid', kind: 'spid', label: 'Entra con SPID', providers: PROVIDERS },
  cie: { key: 'cie', kind: 'cie', label: 'Entra con CIE', providers: [] },
  regional: { key: 'regione', kind: 'openid', label: 'Entra con il portale regionale', providers: [] },
  card: { key: 'cns', kind: 'certificate', label: 'Entra con CNS/CIE', providers: [] },
  company: { key: '', kind: 'company', label: 'Entra con LOGIN', providers: [] },
} as const;

/** What the gateway says of a browser. */
export const SESSIONS = {
  visitor: { signedIn: false, municipality: MUNICIPALITY },
  guardian: { ...PERSON, displayName: 'Aurora Esempio', role: 'guardian', hasPupils: true },
  noPupils: { ...PERSON, displayName: 'Orso Fittizi', role: 'guardian', hasPupils: false },
  company: { ...PERSON, displayName: 'Mensa Fittizia srl', role: 'guardian', hasPupils: false },
} as const;

/** An answer of 200. */
export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Problem details as the gateway writes them. */
export function problem(
  status: number,
  kind: string,
  rest: { headers?: Record<string, string>; fields?: object } = {},
): Answer {
  const { headers = {}, fields } = rest;
  const body = { type: 'about:blank', title: 'x', status, detail: 'x', kind, fields };
  return { status, body, headers: { 'content-type': 'application/problem+json', ...headers } };
}

/** Answers that offer some ways to sign in to a visitor. */
export function offering(...methods: readonly (typeof METHODS)[keyof typeof METHODS][]): Answers {
  return { '/api/session': ok(SESSIONS.visitor), '/api/sign-in-methods': ok({ methods }) };
}

/** Answers that offer everything to a visitor. */
export const EVERYTHING = offering(METHODS.spid, METHODS.cie, METHODS.regional, METHODS.card, METHODS.company);

/** Answers to somebody signed in. */
export function signedInAs(session: keyof typeof SESSIONS): Answers {
  return { ...EVERYTHING, '/api/session': ok(SESSIONS[session]), '/api/anagrafica/pupils': ok({ pupils: [] }) };
}

/** Puts answers in the gateway's place. */
export async function answerWith(page: Page, answers: Answers): Promise<void> {
  for (const [path, answer] of Object.entries(answers)) {
    await page.route(
      (url) => url.pathname === path,
      (route) => fulfil(route, answer),
    );
  }
}

async function fulfil(route: Route, answer: Answer): Promise<void> {
  if (answer === 'never') return;
  const { status, body, headers = {} } = answer;
  await route.fulfill({ status, contentType: 'application/json', headers, body: JSON.stringify(body) });
}

/** Types a company's login and sends it. */
export async function enterCompany(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Entra con LOGIN' }).click();
}

const send = (page: Page) => enterCompany(page, '01234567897', 'segreto di prova');

async function openProviders(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Entra con SPID' }).click();
  await page.getByRole('dialog').waitFor();
}

async function openWaysOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Altri modi di uscire' }).click();
}

async function askForEverywhere(page: Page): Promise<void> {
  await openWaysOut(page);
  await page.getByRole('button', { name: 'Esci da tutti i dispositivi' }).click();
  await page.getByRole('dialog').waitFor();
}

async function failEverywhere(page: Page): Promise<void> {
  await askForEverywhere(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Esci da tutti i dispositivi' }).click();
  await page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
}

function companyState(name: string, answer: Answer, shows: readonly string[]): SignInState {
  return {
    name: `company-${name}`,
    path: '/accedi',
    answers: { ...EVERYTHING, '/login/company': answer },
    shows,
    prepare: send,
  };
}

function outcomeState(query: string, shows: readonly string[]): SignInState {
  const path = `/accedi?errore=${query}&return=%2Fconto-corrente-virtuale`;
  const name = `outcome-${query.replace('&codice=', '-')}`;
  return { name, path, answers: EVERYTHING, shows: [...shows, 'Riprova', 'Che cosa fare', 'Codice per l’assistenza:'] };
}

const IDENTITY = '/accedi/identita-digitale?return=%2Frefezione-scolastica';
const REFUSAL = "Consultazione non possibile, verificare il codice fiscale dell'utente";

/** Every state of the sign-in pages that a person can meet. */
export const SIGN_IN_STATES: readonly SignInState[] = [
  {
    name: 'sign-in-everything',
    path: '/accedi',
    answers: EVERYTHING,
    shows: ["IDENTITA' DIGITALE", 'LOGIN E PASSWORD'],
  },
  { name: 'sign-in-citizens-only', path: '/accedi', answers: offering(METHODS.spid), shows: ['Puoi usare SPID.'] },
  { name: 'sign-in-nothing', path: '/accedi', answers: offering(), shows: ['Nessun modo di accesso attivo'] },
  {
    name: 'sign-in-loading',
    path: '/accedi',
    answers: { ...EVERYTHING, '/api/sign-in-methods': 'never' },
    shows: ['Caricamento in corso…'],
  },
  {
    name: 'sign-in-away',
    path: '/accedi',
    answers: { ...EVERYTHING, '/api/sign-in-methods': problem(503, 'service_away') },
    shows: ['Servizio momentaneamente non disponibile', 'Riprova'],
  },
  {
    name: 'sign-in-already',
    path: '/accedi?return=%2Fconto-corrente-virtuale',
    answers: signedInAs('guardian'),
    shows: ['Hai già eseguito l’accesso.'],
  },
  {
    name: 'identity-everything',
    path: IDENTITY,
    answers: EVERYTHING,
    shows: ['SPID', 'CieID (OIDC)', 'CNS/CIE', 'ALTRO ACCESSO', 'Entra con il portale regionale'],
  },
  { name: 'identity-cie-only', path: IDENTITY, answers: offering(METHODS.cie), shows: ['CieID (OIDC)'] },
  {
    name: 'identity-companies-only',
    path: IDENTITY,
    answers: offering(METHODS.company),
    shows: ['Il Comune non ha ancora attivato l’accesso con l’identità digitale.'],
  },
  {
    name: 'identity-providers',
    path: IDENTITY,
    answers: EVERYTHING,
    prepare: openProviders,
    shows: ['Scegli il gestore della tua identità SPID', ...PROVIDERS.map(({ name }) => name), 'Come richiedere SPID'],
  },
  {
    name: 'company-person-hint',
    path: '/accedi',
    answers: EVERYTHING,
    prepare: (page) => page.getByLabel('Username').fill('FNTCMP80A01H501X'),
    shows: ['Sembra il codice fiscale di una persona'],
  },
  {
    name: 'company-empty',
    path: '/accedi',
    answers: EVERYTHING,
    prepare: (page) => page.getByRole('button', { name: 'Entra con LOGIN' }).click(),
    shows: ['Scrivi la partita IVA.', 'Scrivi la password.'],
  },
  companyState('sending', 'never', ['Accesso in corso…']),
  companyState('wrong', problem(401, 'wrong_credentials'), ['La partita IVA o la password non sono giuste']),
  companyState('person', problem(422, 'natural_person'), ['Le persone fisiche non hanno una password']),
  companyState('too-many', problem(429, 'too_many_attempts', { headers: { 'retry-after': '840' } }), [
    'Riprova tra 14 minuti.',
  ]),
  companyState('invalid', problem(422, 'invalid_request', { fields: { partitaIva: 'Il testo è troppo lungo.' } }), [
    'Dati da correggere',
    'Il testo è troppo lungo.',
  ]),
  companyState('away', problem(503, 'service_away'), ['Accesso momentaneamente non disponibile']),
  outcomeState('cancelled', ['Accesso annullato']),
  outcomeState('expired', ['Accesso scaduto']),
  outcomeState('provider_error', ['Accesso non riuscito']),
  outcomeState('provider_error&codice=nr24', ['Accesso non riuscito']),
  outcomeState('provider_away', ['Gestore non raggiungibile']),
  outcomeState('no_codice_fiscale', [
    'Codice fiscale mancante',
    'Succede con le identità di altri Stati europei (eIDAS).',
  ]),
  outcomeState('unavailable', ['Accesso momentaneamente non disponibile']),
  outcomeState('legal_person', ['Identità di una persona giuridica']),
  outcomeState('certificate_refused', ['Carta non accettata']),
  outcomeState('certificate_refused&codice=untrusted', ['Carta non riconosciuta']),
  outcomeState('certificate_refused&codice=revoked', ['Carta revocata o sospesa']),
  outcomeState('certificate_refused&codice=expired', ['Carta scaduta']),
  outcomeState('certificate_refused&codice=not_for_sign_in', ['Certificato non adatto all’accesso']),
  outcomeState('certificate_refused&codice=no_certificate', ['Carta non letta']),
  outcomeState('provider_error&codice=level_too_low', ['Livello di sicurezza insufficiente']),
  outcomeState('provider_error&codice=nr19', ['Troppi tentativi con credenziali sbagliate']),
  outcomeState('provider_error&codice=nr20', ['Livello di sicurezza mancante']),
  outcomeState('provider_error&codice=nr21', ['Tempo scaduto']),
  outcomeState('cancelled&codice=nr22', ['Consenso non dato']),
  outcomeState('provider_error&codice=nr23', ['Identità sospesa o revocata']),
  outcomeState('cancelled&codice=nr25', ['Accesso annullato']),
  outcomeState('made-up&codice=made-up', ['Accesso momentaneamente non disponibile']),
  {
    name: 'ways-out',
    path: '/',
    answers: signedInAs('guardian'),
    prepare: openWaysOut,
    shows: ['Esci da tutti i dispositivi'],
  },
  {
    name: 'everywhere-asked',
    path: '/',
    answers: signedInAs('guardian'),
    prepare: askForEverywhere,
    shows: ['Uscire da tutti i dispositivi?'],
  },
  {
    name: 'everywhere-failed',
    path: '/',
    answers: { ...signedInAs('guardian'), '/logout/everywhere': problem(503, 'sessions_away') },
    prepare: failEverywhere,
    shows: ['L’uscita non è riuscita: il tuo accesso può essere ancora attivo. Riprova.'],
  },
  { name: 'no-pupils', path: '/conto-corrente-virtuale', answers: signedInAs('noPupils'), shows: [REFUSAL, 'Chiudi'] },
  {
    name: 'no-pupils-closed',
    path: '/documenti-contabili',
    answers: signedInAs('company'),
    prepare: (page) => page.getByRole('button', { name: 'Chiudi' }).click(),
    shows: [REFUSAL, 'Nominativo', 'Nr. Badge'],
  },
];

/** Opens a page in a state and waits until all of it is there. */
export async function enterSignInState(page: Page, gatewayUrl: string, state: SignInState): Promise<void> {
  await answerWith(page, state.answers);
  await page.goto(new URL(state.path, gatewayUrl).href);
  await page.getByRole('heading', { level: 1, includeHidden: true }).waitFor();
  await page
    .getByText(MUNICIPALITY.officeContact.split(',')[0] ?? '')
    .first()
    .waitFor();
  await state.prepare?.(page);
  for (const text of state.shows) await page.getByText(text).filter({ visible: true }).first().waitFor();
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}
