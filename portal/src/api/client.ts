import createClient, { type Middleware } from 'openapi-fetch';
import type { paths as AnagraficaPaths } from '../gen/anagrafica.ts';
import type { paths as AttendancePaths } from '../gen/attendance.ts';
import type { paths as BillingPaths } from '../gen/billing.ts';
import type { paths as LedgerPaths } from '../gen/ledger.ts';
import { ApiProblem, toProblem } from './problem.ts';

const REQUEST_TIMEOUT_MS = 15_000;

/** Turns every answer that is not a success, and every missing one, into an ApiProblem. */
const problems: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw toProblem(response.status, await response.json().catch(() => null));
  },
  onError({ error }) {
    return error instanceof ApiProblem ? error : new ApiProblem('offline', 0, { cause: error });
  },
};

const client = createClient<AnagraficaPaths & LedgerPaths & AttendancePaths & BillingPaths>({
  baseUrl: globalThis.location?.origin ?? '',
  fetch: (request) => fetch(request),
});
client.use(problems);

/** A guardian's pupil as anagrafica tells it, with badges and enrolments. */
export type Pupil = Awaited<ReturnType<typeof readPupils>>['pupils'][number];
/** A page of the virtual account's movements with the balances around the whole range. */
export type StatementPage = Awaited<ReturnType<typeof readStatement>>;
/** One movement of the virtual account. */
export type Movement = StatementPage['movements'][number];
/** A page of service days, newest first. */
export type PresencesPage = Awaited<ReturnType<typeof readPresences>>;
/** One service day of a pupil. */
export type PresenceDay = PresencesPage['days'][number];

/** All that is kept of a pupil. */
export type PupilRecord = Awaited<ReturnType<typeof readRecord>>;
/** A document of the fascicolo. */
export type FiledDocument = Awaited<ReturnType<typeof readFascicolo>>['documents'][number];
/** Somebody's look at a record. */
export type RecordRead = Awaited<ReturnType<typeof readReads>>['reads'][number];

/** From where on to read a list, and how much of it. */
export interface PageRequest {
  readonly cursor: string | null;
  readonly limit: number;
}

/** Which days of which pupil's service to read, from where on. */
export interface RangeRequest {
  readonly pupilId: string;
  readonly service: string;
  readonly from: string;
  readonly to: string;
  readonly cursor: string | null;
  readonly limit: number;
}

/** The signed-in guardian's pupils, and when they were read; none for a person who answers for nobody. @throws ApiProblem */
export async function readPupils(signal?: AbortSignal) {
  const { data, response } = await client.GET('/api/anagrafica/pupils', { signal: within(signal) });
  return { pupils: present(data).pupils, asOf: new Date(response.headers.get('date') ?? Date.now()).toISOString() };
}

/** All that is kept of one own pupil. @throws ApiProblem */
export async function readRecord(pupilId: string, signal?: AbortSignal) {
  const { data } = await client.GET('/api/anagrafica/pupils/{pupilId}', {
    params: { path: { pupilId } },
    signal: within(signal),
  });
  return present(data);
}

/** One page of the fascicolo, newest document first. @throws ApiProblem */
export async function readFascicolo(pupilId: string, page: PageRequest, signal?: AbortSignal) {
  const { data } = await client.GET('/api/anagrafica/pupils/{pupilId}/documents', {
    params: { path: { pupilId }, query: pageOf(page) },
    signal: within(signal),
  });
  return present(data);
}

/** One page of who looked at a record, newest hour first. @throws ApiProblem */
export async function readReads(pupilId: string, page: PageRequest, signal?: AbortSignal) {
  const { data } = await client.GET('/api/anagrafica/pupils/{pupilId}/reads', {
    params: { path: { pupilId }, query: pageOf(page) },
    signal: within(signal),
  });
  return present(data);
}

/** One page of a statement, oldest movement first. @throws ApiProblem */
export async function readStatement(request: RangeRequest, signal?: AbortSignal) {
  const { data } = await client.GET('/api/ledger/pupils/{pupilId}/statement', {
    params: { path: { pupilId: request.pupilId }, query: queryOf(request) },
    signal: within(signal),
  });
  return present(data);
}

/** One page of service days, newest first. @throws ApiProblem */
export async function readPresences(request: RangeRequest, signal?: AbortSignal) {
  const { data } = await client.GET('/api/attendance/pupils/{pupilId}/presences', {
    params: { path: { pupilId: request.pupilId }, query: queryOf(request) },
    signal: within(signal),
  });
  return present(data);
}

/** What a guardian must know before communicating an absence: the types, until when, from which day on. @throws ApiProblem */
export async function readAbsenceNotice(pupilId: string, service: string, signal?: AbortSignal) {
  const { data } = await client.GET('/api/attendance/pupils/{pupilId}/absence-notice', {
    params: { path: { pupilId }, query: { service } },
    signal: within(signal),
  });
  return present(data);
}

/** What a guardian communicates; `requestId` is made once per communication, so that a repeat is none. */
export interface AbsenceRequest {
  readonly requestId: string;
  readonly pupilId: string;
  readonly service: string;
  readonly from: string;
  readonly to: string;
  readonly type: string;
}

/** Communicates an absence. @returns what became of each day of the range @throws ApiProblem */
export async function communicateAbsence({ pupilId, ...body }: AbsenceRequest, csrfToken: string) {
  const { data } = await client.POST('/api/attendance/pupils/{pupilId}/absences', {
    params: { path: { pupilId } },
    headers: { 'x-csrf-token': csrfToken },
    body,
    signal: within(undefined),
  });
  return present(data).days;
}

/** What became of one day. */
export type AbsenceDay = Awaited<ReturnType<typeof communicateAbsence>>[number];
/** The rules of a pupil's school. */
export type AbsenceNotice = Awaited<ReturnType<typeof readAbsenceNotice>>;

/** What a top-up of each service may be; empty where the town takes none. @throws ApiProblem */
export async function readTopUpRules(signal?: AbortSignal) {
  const { data } = await client.GET('/api/billing/top-up-rules', { signal: within(signal) });
  return present(data).rules;
}

/** One page of the guardian's top-ups, newest first. @throws ApiProblem */
export async function readTopUps(cursor: string | null, limit: number, signal?: AbortSignal) {
  const { data } = await client.GET('/api/billing/top-ups', {
    params: { query: cursor === null ? { limit } : { limit, cursor } },
    signal: within(signal),
  });
  return present(data);
}

/** One top-up. @throws ApiProblem */
export async function readTopUp(orderId: string, signal?: AbortSignal) {
  const { data } = await client.GET('/api/billing/top-ups/{orderId}', {
    params: { path: { orderId } },
    signal: within(signal),
  });
  return present(data);
}

/** What a guardian orders; `orderId` is made once per order, so that a repeat is none. */
export interface TopUpRequest {
  readonly orderId: string;
  readonly pupilId: string;
  readonly service: string;
  readonly badgeNumber: string | null;
  readonly amountCents: number;
}

/** Orders a top-up. @throws ApiProblem */
export async function orderTopUp(body: TopUpRequest, csrfToken: string) {
  const { data } = await client.POST('/api/billing/top-ups', {
    headers: { 'x-csrf-token': csrfToken },
    body,
    signal: within(undefined),
  });
  return present(data);
}

/** Cancels a top-up that is not paid. @throws ApiProblem */
export async function cancelTopUp(orderId: string, csrfToken: string) {
  const { data } = await client.POST('/api/billing/top-ups/{orderId}/cancellation', {
    params: { path: { orderId } },
    headers: { 'x-csrf-token': csrfToken },
    signal: within(undefined),
  });
  return present(data);
}

/** Begins to pay. @returns where the browser goes @throws ApiProblem */
export async function startCart(
  body: { cartId: string; orderIds: string[]; instalmentIds: string[] },
  csrfToken: string,
) {
  const { data } = await client.POST('/api/billing/carts', {
    headers: { 'x-csrf-token': csrfToken },
    body,
    signal: within(undefined),
  });
  return present(data).redirectUrl;
}

/** Says that nothing was paid: the notices of the cart may be paid again. @throws ApiProblem */
export async function endCart(cartId: string, csrfToken: string): Promise<void> {
  await client.POST('/api/billing/carts/{cartId}/end', {
    params: { path: { cartId } },
    headers: { 'x-csrf-token': csrfToken },
    signal: within(undefined),
  });
}

/** One page of documents of one pupil or of all, newest first. @throws ApiProblem */
export async function readDocuments(
  { pupilId, cursor, limit }: { pupilId: string | null; cursor: string | null; limit: number },
  signal?: AbortSignal,
) {
  const query = { limit, ...(cursor === null ? {} : { cursor }), ...(pupilId === null ? {} : { pupilId }) };
  const { data } = await client.GET('/api/billing/documents', { params: { query }, signal: within(signal) });
  return present(data);
}

/** One page of what waits for its payment, the latest due day first. @throws ApiProblem */
export async function readPayables(cursor: string | null, limit: number, signal?: AbortSignal) {
  const { data } = await client.GET('/api/billing/payables', {
    params: { query: cursor === null ? { limit } : { limit, cursor } },
    signal: within(signal),
  });
  return present(data);
}

/** A document. */
export type AccountingDocument = PageOfDocuments['documents'][number];
/** A page of documents, newest first. */
export type PageOfDocuments = Awaited<ReturnType<typeof readDocuments>>;
/** An instalment that waits for its payment. */
export type Payable = PageOfPayables['payables'][number];
/** A page of what waits for its payment, latest due day first. */
export type PageOfPayables = Awaited<ReturnType<typeof readPayables>>;
/** A top-up order. */
export type TopUp = Awaited<ReturnType<typeof readTopUp>>;
/** A page of top-ups, newest first. */
export type PageOfTopUps = Awaited<ReturnType<typeof readTopUps>>;
/** What a top-up of one service may be. */
export type TopUpRules = Awaited<ReturnType<typeof readTopUpRules>>[number];

function queryOf({ service, from, to, cursor, limit }: RangeRequest) {
  return cursor === null ? { service, from, to, limit } : { service, from, to, limit, cursor };
}

function pageOf({ cursor, limit }: PageRequest) {
  return cursor === null ? { limit } : { limit, cursor };
}

function within(signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

function present<Data>(data: Data | undefined): Data {
  if (data === undefined) throw new ApiProblem('internal', 200);
  return data;
}
