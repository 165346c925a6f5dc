import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query';
import {
  type RangeRequest,
  readAbsenceNotice,
  readDocuments,
  readFascicolo,
  readPayables,
  readPresences,
  readPupils,
  readReads,
  readRecord,
  readStatement,
  readTopUp,
  readTopUpRules,
  readTopUps,
} from './client.ts';
import { mayPass } from './problem.ts';
import { readSession } from './session.ts';
import { readSignInMethods } from './sign-in.ts';

const SESSION_FRESH_MS = 60_000;
const METHODS_FRESH_MS = 60_000;
const PUPILS_FRESH_MS = 5 * 60_000;
const NOTICE_EVERY_MS = 60_000;
const RETRIES_MAX = 2;
const TOP_UPS_PAGE = 10;
const DOCUMENTS_PAGE = 20;
const READS_PAGE = 10;

/** While today is on the page a swipe shows within two seconds. */
export const LIVE_EVERY_MS = 2_000;

/** Days or movements per request; the services allow 100. */
export const PAGE_SIZE = 50;

/** The portal's one cache of answers. Kept only in memory: nothing personal is stored in the browser. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (count, error) => count < RETRIES_MAX && mayPass(error),
        retryDelay: (count) => 500 * 2 ** count,
        refetchOnWindowFocus: true,
        // Without this a laptop that believes itself offline would wait in silence instead of saying so.
        networkMode: 'always',
      },
    },
  });
}

/** Who is signed in, and whose site this is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => readSession(signal),
  staleTime: SESSION_FRESH_MS,
});

/** How people may sign in here. */
export const signInMethodsQuery = queryOptions({
  queryKey: ['sign-in-methods'],
  queryFn: ({ signal }) => readSignInMethods(signal),
  staleTime: METHODS_FRESH_MS,
});

/** The guardian's own pupils. */
export const pupilsQuery = queryOptions({
  queryKey: ['pupils'],
  queryFn: ({ signal }) => readPupils(signal),
  staleTime: PUPILS_FRESH_MS,
});

/** The record of one pupil. */
export function recordQuery(pupilId: string) {
  return queryOptions({
    queryKey: ['record', pupilId],
    queryFn: ({ signal }) => readRecord(pupilId, signal),
    staleTime: PUPILS_FRESH_MS,
  });
}

/** The fascicolo of one pupil, page by page. */
export function fascicoloQuery(pupilId: string) {
  return infiniteQueryOptions({
    queryKey: ['fascicolo', pupilId],
    queryFn: ({ pageParam, signal }) => readFascicolo(pupilId, { cursor: pageParam, limit: DOCUMENTS_PAGE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** Who looked at the record of one pupil, page by page. */
export function readsQuery(pupilId: string) {
  return infiniteQueryOptions({
    queryKey: ['reads', pupilId],
    queryFn: ({ pageParam, signal }) => readReads(pupilId, { cursor: pageParam, limit: READS_PAGE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** What the pages of a list are asked with, but for the place to go on from. */
export type RangeSearch = Omit<RangeRequest, 'cursor' | 'limit'>;

/** A statement, page by page. `live` keeps it fresh while the page is visible. */
export function statementQuery(search: RangeSearch, live: boolean) {
  return infiniteQueryOptions({
    queryKey: ['statement', search],
    queryFn: ({ pageParam, signal }) => readStatement({ ...search, cursor: pageParam, limit: PAGE_SIZE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: live ? LIVE_EVERY_MS : false,
  });
}

/** Service days, page by page. `live` keeps them fresh while the page is visible. */
export function presencesQuery(search: RangeSearch, live: boolean) {
  return infiniteQueryOptions({
    queryKey: ['presences', search],
    queryFn: ({ pageParam, signal }) => readPresences({ ...search, cursor: pageParam, limit: PAGE_SIZE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: live ? LIVE_EVERY_MS : false,
  });
}

/** The rules of absences at a pupil's school; fresh while the page is open, since the cut-off passes. */
export function absenceNoticeQuery(pupilId: string, service: string) {
  return queryOptions({
    queryKey: ['absence-notice', pupilId, service],
    queryFn: ({ signal }) => readAbsenceNotice(pupilId, service, signal),
    refetchInterval: NOTICE_EVERY_MS,
  });
}

/** What may be topped up here. */
export const topUpRulesQuery = queryOptions({
  queryKey: ['top-up-rules'],
  queryFn: ({ signal }) => readTopUpRules(signal),
  staleTime: PUPILS_FRESH_MS,
});

/** The guardian's top-ups, page by page. `live` keeps them fresh while a payment is awaited. */
export function topUpsQuery(live: boolean) {
  return infiniteQueryOptions({
    queryKey: ['top-ups'],
    queryFn: ({ pageParam, signal }) => readTopUps(pageParam, TOP_UPS_PAGE, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: live ? LIVE_EVERY_MS : false,
  });
}

/** One top-up. */
export function topUpQuery(orderId: string) {
  return queryOptions({
    queryKey: ['top-ups', orderId],
    queryFn: ({ signal }) => readTopUp(orderId, signal),
  });
}

/** Documents of one pupil or of all, page by page. */
export function documentsQuery(pupilId: string | null) {
  return infiniteQueryOptions({
    queryKey: ['documents', pupilId],
    queryFn: ({ pageParam, signal }) => readDocuments({ pupilId, cursor: pageParam, limit: DOCUMENTS_PAGE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

/** What waits for its payment, page by page. `live` keeps it fresh while a payment is awaited. */
export function payablesQuery(live: boolean) {
  return infiniteQueryOptions({
    queryKey: ['payables'],
    queryFn: ({ pageParam, signal }) => readPayables(pageParam, PAGE_SIZE, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: live ? LIVE_EVERY_MS : false,
  });
}
