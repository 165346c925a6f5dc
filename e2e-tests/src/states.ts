import type { Page } from 'playwright-core';

/** A page of the portal in one of its states, for accessibility checks and pictures. */
export interface State {
  readonly name: string;
  /** Who is signed in; null for a visitor. */
  readonly username: string | null;
  readonly path: string;
  /** Brings the page into the state; waits until it is there. */
  readonly prepare?: (page: Page) => Promise<void>;
}

const GUARDIAN = 'aurora.esempio';
const NO_PUPILS = 'orso.fittizi';
const RECORD = '/scheda-anagrafica';
const ABSENCES = '/comunicazioni-assenze';

async function showText(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).first().waitFor();
}

const answerAway = (page: Page): Promise<void> => away('**/api/*/pupils/**')(page);

/** The page comes, and then the line to its data is gone. */
function cutOff(api: string): (page: Page) => Promise<void> {
  return async (page) => {
    await page.route(api, (route) => route.abort('internetdisconnected'));
    await page.reload();
    await showText(page, 'Collegamento assente');
  };
}

/** The page comes, and the service behind it does not answer. */
function away(api: string): (page: Page) => Promise<void> {
  return async (page) => {
    const body = JSON.stringify({ type: 'about:blank', title: 'x', status: 503, kind: 'service_away' });
    await page.route(api, (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', body }));
    await page.reload();
    await showText(page, 'Servizio momentaneamente non disponibile');
  };
}

/** The page comes, and the service behind it takes its time. */
function keepWaiting(api: string): (page: Page) => Promise<void> {
  return async (page) => {
    await page.route(api, () => undefined);
    await page.reload();
    await page.getByRole('button', { name: 'Esci', exact: true }).waitFor();
    await page.locator('.loading').first().waitFor();
  };
}

/** The session ends while the page is open, and the page notices when it is looked at again. */
async function expireSession(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Esci', exact: true }).waitFor();
  await page.waitForFunction(() => document.querySelector('.loading') === null);
  await page.context().clearCookies();
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
  await showText(page, 'Sessione scaduta');
}

/** The record of a pupil is opened after the session has ended. */
async function openRecordExpired(page: Page): Promise<void> {
  const link = page.getByRole('link', { name: /^Apri la scheda di/ }).first();
  await link.waitFor();
  await page.context().clearCookies();
  await link.click();
  await showText(page, 'Sessione scaduta');
}

/** A name, and the badge of somebody else. */
async function searchNobody(page: Page): Promise<void> {
  await page.getByLabel('Nominativo').selectOption({ index: 1 });
  await page.getByLabel('Nr. Badge').selectOption({ index: 2 });
  await page.getByRole('button', { name: 'CERCA' }).click();
  await showText(page, 'Nessun utente corrisponde alla ricerca');
}

/** The page comes with another answer than the service's: as if it had been changed by this. */
function answerWith(api: string, change: object, shown: string): (page: Page) => Promise<void> {
  return async (page) => {
    await page.route(api, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), ...change } });
    });
    await page.reload();
    await showText(page, shown);
  };
}

async function invertDates(page: Page): Promise<void> {
  await page.getByLabel('Da data').fill('31/12/2026');
  await page.getByLabel('A data', { exact: true }).fill('1/1/2026');
  await page.getByRole('button', { name: 'CERCA' }).click();
  await showText(page, /data di inizio viene dopo/);
}

async function chooseCalendarDay(page: Page): Promise<void> {
  await page.locator('.calendar-day').first().click();
  await page.locator('.day-detail h3').first().waitFor();
}

async function loseSession(page: Page): Promise<void> {
  await page.getByTestId('current-balance').waitFor();
  await page.context().clearCookies();
  await showText(page, 'Sessione scaduta');
}

async function loseLine(page: Page): Promise<void> {
  await page.getByTestId('current-balance').waitFor();
  await page.context().setOffline(true);
  await showText(page, /Collegamento assente/);
}

async function waitForResults(page: Page): Promise<void> {
  await page.getByRole('table').waitFor();
}

/** Opens the first pupil's record at one of its parts. */
function openRecord(part: string, shown: string): (page: Page) => Promise<void> {
  return async (page) => {
    await page
      .getByRole('link', { name: /^Apri la scheda di/ })
      .first()
      .click();
    await page.getByRole('link', { name: part, exact: true }).click();
    await showText(page, shown);
  };
}

async function openRecordAway(page: Page): Promise<void> {
  await page
    .getByRole('link', { name: /^Apri la scheda di/ })
    .first()
    .click();
  await answerAway(page);
}

async function waitForRefusal(page: Page): Promise<void> {
  await page.getByRole('dialog').waitFor();
}

async function closeRefusal(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Chiudi' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function confirmInverted(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'CONFERMA' }).click();
  await showText(page, /data di inizio viene dopo/);
}

/** Outcomes of all kinds in one answer: which of them there really are depends on the hour. */
async function answerTooLate(page: Page): Promise<void> {
  const outcomes = [
    'cut_off_passed',
    'accepted',
    'accepted_late',
    'closed',
    'already_absent',
    'already_present',
    'not_enrolled',
  ];
  const days = outcomes.map((outcome, index) => ({
    serviceDate: `2026-12-0${index + 1}`,
    outcome,
    isCharged: outcome === 'accepted_late',
    cutOffAt: outcome === 'closed' ? null : `2026-12-0${index + 1}T08:30:00.000Z`,
  }));
  const body = JSON.stringify({ days });
  await page.route('**/absences', (route) => route.fulfill({ status: 200, contentType: 'application/json', body }));
  await page.getByRole('button', { name: 'CONFERMA' }).click();
  await showText(page, '02/12/2026 Assenza comunicata con successo');
}

/** Orders a top-up, so that the page asks how to pay; the order itself is cancelled by nobody and expires. */
async function orderTopUp(page: Page): Promise<void> {
  const answer = (path: string, body: object) =>
    page.route(path, (route) =>
      route.fulfill({ status: 200, contentType: 'application/json', body: JSON.stringify(body) }),
    );
  const { pupils } = await page.evaluate(async () => (await fetch('/api/anagrafica/pupils')).json());
  const order = {
    ...{ orderId: '01938f00-0000-7000-8000-000000000001', pupilId: pupils[0].pupilId, service: 'school_meals' },
    ...{ badgeNumber: null, amountCents: 2_000, state: 'pending', orderedAt: '2026-11-23T10:00:00.000Z' },
    ...{ expiresOn: '2027-01-22', noticeNumber: '301000000000000144', paidAt: null, creditedAt: null },
  };
  // Answered here: a real order would be one more in the list at every run.
  await answer('**/api/billing/top-ups', order);
  await answer(`**/api/billing/top-ups/${order.orderId}`, order);
  await page.getByLabel('Importo in euro').fill('20,00');
  await page.getByRole('button', { name: 'CONFERMA' }).click();
  await showText(page, 'Come vuoi pagare?');
}

/** Documents in every state. */
async function listDocuments(page: Page): Promise<void> {
  const { pupils } = await page.evaluate(async () => (await fetch('/api/anagrafica/pupils')).json());
  const states = ['issued', 'in_verification', 'partly_paid', 'overdue', 'paid', 'handed_over'] as const;
  const instalment = (state: string, ordinal: number) => ({
    ...{ instalmentId: `01938f00-0000-7000-8000-00000000000${ordinal}`, ordinal, amountCents: 4_500, state },
    ...{ dueOn: '2026-12-31', noticeNumber: '301000000000000144' },
  });
  const documents = states.map((state, index) => ({
    ...{ documentId: `01938f00-0000-7000-8000-00000000001${index}`, number: `${index + 1}/2026`, kind: 'invoice' },
    ...{
      pupilId: pupils[0].pupilId,
      description: 'Mensa scolastica, ottobre',
      issuedOn: '2026-11-02',
      amountCents: 9_000,
    },
    ...{
      dueCents: state === 'paid' ? 0 : 9_000,
      paidCents: state === 'paid' ? 9_000 : 0,
      vatCents: 346,
      stampCents: 0,
    },
    ...{ dueOn: '2026-12-31', state },
    instalments: [
      instalment(state === 'paid' || state === 'partly_paid' ? 'paid' : state === 'handed_over' ? state : 'open', 1),
      instalment(state === 'paid' || state === 'handed_over' || state === 'in_verification' ? state : 'open', 2),
    ],
  }));
  const body = JSON.stringify({ documents, nextCursor: null, asOf: '2026-11-23T10:00:00.000Z' });
  await page.route('**/api/billing/documents?*', (route) =>
    route.fulfill({ status: 200, contentType: 'application/json', body }),
  );
  await page.reload();
  await showText(page, 'per pagare rivolgiti');
}

/** Instalments to be paid, with five chosen. */
async function choosePayables(page: Page): Promise<void> {
  const { pupils } = await page.evaluate(async () => (await fetch('/api/anagrafica/pupils')).json());
  const payables = Array.from({ length: 7 }, (_, index) => ({
    ...{ instalmentId: `01938f00-0000-7000-8000-00000000000${index}`, number: `${index + 1}/2026`, ordinal: 1 },
    ...{ instalmentCount: 1, pupilId: pupils[0].pupilId, description: 'Mensa scolastica', issuedOn: '2026-11-02' },
    ...{ dueOn: '2026-12-31', amountCents: 4_500, noticeNumber: '301000000000000144', isInVerification: index === 1 },
  }));
  const body = JSON.stringify({ payables, nextCursor: null, asOf: '2026-11-23T10:00:00.000Z' });
  await page.route('**/api/billing/payables?*', (route) =>
    route.fulfill({ status: 200, contentType: 'application/json', body }),
  );
  await page.reload();
  await page.getByLabel('Scegli i primi 5').check();
  await showText(page, 'Si possono pagare al massimo 5');
}

/** Top-ups in every state. */
async function listTopUps(page: Page): Promise<void> {
  const { pupils } = await page.evaluate(async () => (await fetch('/api/anagrafica/pupils')).json());
  const states = ['pending', 'in_verification', 'paid', 'credited', 'cancelled', 'expired'];
  const topUps = states.map((state, index) => ({
    ...{ orderId: `01938f00-0000-7000-8000-00000000000${index}`, pupilId: pupils[0].pupilId, service: 'school_meals' },
    ...{ badgeNumber: '0A9E3779B1', amountCents: 1_000 * (index + 1), state, orderedAt: '2026-11-23T10:00:00.000Z' },
    ...{ expiresOn: '2027-01-22', noticeNumber: '301000000000000144', paidAt: null, creditedAt: null },
  }));
  const body = JSON.stringify({ topUps, nextCursor: null, asOf: '2026-11-23T10:00:00.000Z' });
  await page.route('**/api/billing/top-ups?*', (route) =>
    route.fulfill({ status: 200, contentType: 'application/json', body }),
  );
  await page.reload();
  await showText(page, 'In verifica');
}

async function confirmUnreadable(page: Page): Promise<void> {
  await page.getByLabel('Importo in euro').fill('venti');
  await page.getByRole('button', { name: 'CONFERMA' }).click();
  await showText(page, 'Scrivi un importo in euro');
}

const CART = 'carrello=01938f00-0000-7000-8000-000000000001';

/** Every page, and every state that a parent can meet on it. */
export const STATES: readonly State[] = [
  { name: 'hub', username: null, path: '/' },
  { name: 'all-services', username: null, path: '/servizi' },
  { name: 'companies', username: null, path: '/imprese' },
  { name: 'other-bodies', username: null, path: '/altri-enti' },
  { name: 'accessibility', username: null, path: '/accessibilita' },
  { name: 'privacy', username: null, path: '/privacy' },
  { name: 'not-found', username: null, path: '/non-esiste' },
  { name: 'sign-in', username: null, path: '/conto-corrente-virtuale' },
  { name: 'sign-in-cancelled', username: null, path: '/accedi?errore=cancelled&codice=nr25' },
  { name: 'sign-in-failed', username: null, path: '/accedi?errore=provider_away' },
  { name: 'digital-identity', username: null, path: '/accedi/identita-digitale?return=%2Frefezione-scolastica' },
  { name: 'hub-signed-in', username: GUARDIAN, path: '/' },
  { name: 'account', username: GUARDIAN, path: '/conto-corrente-virtuale', prepare: waitForResults },
  { name: 'account-inverted-dates', username: GUARDIAN, path: '/conto-corrente-virtuale', prepare: invertDates },
  {
    name: 'account-empty',
    username: GUARDIAN,
    path: '/conto-corrente-virtuale?da=2020-01-01&a=2020-01-31',
    prepare: (page) => showText(page, /Nessun movimento/),
  },
  {
    name: 'account-invoiced',
    username: 'nuvola.inventati',
    path: '/conto-corrente-virtuale',
    prepare: (page) => showText(page, /non ha un conto prepagato/),
  },
  { name: 'account-not-yours', username: GUARDIAN, path: '/conto-corrente-virtuale?badge=x', prepare: waitForRefusal },
  { name: 'account-session-expired', username: GUARDIAN, path: '/conto-corrente-virtuale', prepare: loseSession },
  { name: 'account-offline', username: GUARDIAN, path: '/conto-corrente-virtuale', prepare: loseLine },
  { name: 'account-away', username: GUARDIAN, path: '/conto-corrente-virtuale', prepare: answerAway },
  { name: 'canteen', username: GUARDIAN, path: '/refezione-scolastica', prepare: waitForResults },
  {
    name: 'canteen-empty',
    username: GUARDIAN,
    path: '/refezione-scolastica?da=2020-01-04&a=2020-01-05',
    prepare: (page) => showText(page, /Nessun giorno di mensa/),
  },
  {
    name: 'canteen-inverted-link',
    username: GUARDIAN,
    path: '/refezione-scolastica?da=2026-12-31&a=2026-01-01',
    prepare: (page) => showText(page, /data di inizio viene dopo/),
  },
  { name: 'canteen-away', username: GUARDIAN, path: '/refezione-scolastica', prepare: answerAway },
  {
    name: 'absences',
    username: GUARDIAN,
    path: ABSENCES,
    prepare: (page) => showText(page, /L’assenza si comunica entro/),
  },
  {
    name: 'absences-inverted',
    username: GUARDIAN,
    path: `${ABSENCES}?da=31/12/2026&a=30/12/2026`,
    prepare: confirmInverted,
  },
  { name: 'absences-too-late', username: GUARDIAN, path: ABSENCES, prepare: answerTooLate },
  { name: 'absences-away', username: GUARDIAN, path: ABSENCES, prepare: answerAway },
  { name: 'record-list', username: GUARDIAN, path: RECORD, prepare: waitForResults },
  { name: 'record', username: GUARDIAN, path: RECORD, prepare: openRecord('Dati Generali', 'Dati di residenza') },
  {
    name: 'record-other',
    username: GUARDIAN,
    path: RECORD,
    prepare: openRecord('Altre Informazioni', 'Consultazioni della scheda'),
  },
  {
    name: 'record-services',
    username: GUARDIAN,
    path: RECORD,
    prepare: openRecord('Servizi', 'Tipologia di pagamento'),
  },
  {
    name: 'record-fascicolo',
    username: GUARDIAN,
    path: RECORD,
    prepare: openRecord('Fascicolo', 'Conferma di iscrizione'),
  },
  { name: 'record-not-yours', username: GUARDIAN, path: `${RECORD}?scheda=x`, prepare: waitForRefusal },
  { name: 'record-away', username: GUARDIAN, path: RECORD, prepare: openRecordAway },
  {
    name: 'canteen-calendar',
    username: GUARDIAN,
    path: '/refezione-scolastica?vista=calendario',
    prepare: chooseCalendarDay,
  },
  { name: 'refusal', username: NO_PUPILS, path: '/conto-corrente-virtuale', prepare: waitForRefusal },
  { name: 'refusal-record', username: NO_PUPILS, path: '/scheda-anagrafica', prepare: waitForRefusal },
  { name: 'refusal-closed', username: NO_PUPILS, path: '/refezione-scolastica', prepare: closeRefusal },
  {
    name: 'top-ups',
    username: GUARDIAN,
    path: '/ricariche-pagopa',
    prepare: (page) => showText(page, 'Le tue ricariche'),
  },
  { name: 'top-ups-list', username: GUARDIAN, path: '/ricariche-pagopa', prepare: listTopUps },
  { name: 'top-ups-wrong-amount', username: GUARDIAN, path: '/ricariche-pagopa', prepare: confirmUnreadable },
  { name: 'top-ups-choice', username: GUARDIAN, path: '/ricariche-pagopa', prepare: orderTopUp },
  {
    name: 'top-ups-no-account',
    username: 'nuvola.inventati',
    path: '/ricariche-pagopa',
    prepare: (page) => showText(page, /Nessun badge ha un conto/),
  },
  ...(['ok', 'annullato', 'errore', 'attesa'] as const).map((outcome) => ({
    name: `top-ups-returned-${outcome}`,
    username: GUARDIAN,
    path: `/ricariche-pagopa?${CART}&esito=${outcome}`,
    prepare: (page: Page) =>
      showText(page, /Pagamento inviato|Non hai pagato nulla|non è andato a buon fine|non conosce ancora l’esito/),
  })),
  {
    name: 'documents-empty',
    username: GUARDIAN,
    path: '/documenti-contabili',
    prepare: (page) => showText(page, 'Nessun documento emesso.'),
  },
  { name: 'documents', username: GUARDIAN, path: '/documenti-contabili', prepare: listDocuments },
  {
    name: 'payments-empty',
    username: GUARDIAN,
    path: '/pagamento-servizi-scolastici',
    prepare: (page) => showText(page, 'Non c’è nulla da pagare.'),
  },
  ...(
    [
      ['record', RECORD, '**/api/anagrafica/pupils'],
      ['canteen', '/refezione-scolastica', '**/api/attendance/**'],
      ['absences', ABSENCES, '**/api/attendance/**'],
      ['documents', '/documenti-contabili', '**/api/billing/**'],
      ['payments', '/pagamento-servizi-scolastici', '**/api/billing/**'],
      ['top-ups', '/ricariche-pagopa', '**/api/billing/**'],
    ] as const
  ).map(([page, path, api]) => ({ name: `${page}-offline`, username: GUARDIAN, path, prepare: cutOff(api) })),
  ...(
    [
      ['account', '/conto-corrente-virtuale', '**/api/ledger/**'],
      ['canteen', '/refezione-scolastica', '**/api/attendance/**'],
      ['absences', ABSENCES, '**/api/attendance/**'],
      ['record', RECORD, '**/api/anagrafica/pupils'],
      ['documents', '/documenti-contabili', '**/api/billing/**'],
      ['payments', '/pagamento-servizi-scolastici', '**/api/billing/**'],
      ['top-ups', '/ricariche-pagopa', '**/api/billing/**'],
    ] as const
  ).map(([page, path, api]) => ({ name: `${page}-loading`, username: GUARDIAN, path, prepare: keepWaiting(api) })),
  ...(
    [
      ['canteen', '/refezione-scolastica'],
      ['absences', ABSENCES],
      ['documents', '/documenti-contabili'],
      ['payments', '/pagamento-servizi-scolastici'],
      ['top-ups', '/ricariche-pagopa'],
    ] as const
  ).map(([page, path]) => ({ name: `${page}-session-expired`, username: GUARDIAN, path, prepare: expireSession })),
  { name: 'record-session-expired', username: GUARDIAN, path: RECORD, prepare: openRecordExpired },
  { name: 'record-empty', username: GUARDIAN, path: RECORD, prepare: searchNobody },
  {
    name: 'top-ups-empty',
    username: GUARDIAN,
    path: '/ricariche-pagopa',
    prepare: answerWith('**/api/billing/top-ups?*', { topUps: [] }, 'Non hai ancora chiesto ricariche'),
  },
  {
    name: 'absences-empty',
    username: GUARDIAN,
    path: ABSENCES,
    prepare: answerWith('**/absence-notice?*', { next: null }, 'Non ci sono giorni di mensa in calendario'),
  },
  { name: 'documents-away', username: GUARDIAN, path: '/documenti-contabili', prepare: away('**/api/billing/**') },
  {
    name: 'payments-away',
    username: GUARDIAN,
    path: '/pagamento-servizi-scolastici',
    prepare: away('**/api/billing/**'),
  },
  { name: 'top-ups-away', username: GUARDIAN, path: '/ricariche-pagopa', prepare: away('**/api/billing/**') },
  { name: 'payments', username: GUARDIAN, path: '/pagamento-servizi-scolastici', prepare: choosePayables },
];

/** Opens a page in a state and waits until nothing moves. */
export async function enterState(page: Page, gatewayUrl: string, state: State): Promise<void> {
  await page.goto(new URL(state.path, gatewayUrl).href);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction((text) => document.body.textContent?.includes(text) === false, 'Caricamento in corso…');
  await state.prepare?.(page);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}
