import { randomUUID } from 'node:crypto';
import { addDays, type ServiceDate, serviceDateAt } from '@campanella/vocabulary';
import { isIdentifier, isMadeByCaller, type Operation, type Parameter } from './operations.ts';

/** What belongs to one family, by the name under which operations ask for it. */
export interface Belongings {
  readonly pupilId: string;
  /** Another pupil with a prepaid account, for which it can top up; null where it has none. */
  readonly prepaidPupilId: string | null;
  readonly documentId: string;
  readonly orderId: string;
  readonly paidOrderId: string;
  readonly instalmentId: string;
  readonly paidInstalmentId: string;
  readonly cartId: string;
  readonly schoolId: string;
  readonly householdId: string;
  readonly badgeNumber: string;
  readonly codiceFiscale: string;
}

/** A request as it goes over the wire, but for who asks. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly contentType: string | null;
  readonly body: string | Buffer | null;
}

/** A month that has presences. */
export interface Month {
  readonly from: string;
  readonly to: string;
}

/** The smallest file that is a PDF to whoever looks at its bytes, made longer with a comment. */
export function pdfOf(byteCount: number): Buffer {
  const head = '%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%';
  const tail = '\n%%EOF\n';
  return Buffer.from(head.padEnd(byteCount - tail.length, '.') + tail);
}

const NOT_THERE = '00000000-0000-4000-8000-000000000000';
const FILE = pdfOf(8 * 1024);
/** Far enough ahead that no cut-off has passed. */
const DAYS_AHEAD = 3;

/**
 * Puts a question together that an operation would answer if everything named in it were the caller's own.
 *
 * @param changes values to use instead, by name: an array where a list is asked for
 * @throws Error for a value of which nobody has said whose it is: a new operation is never left out silently
 */
export function questionOf(
  operation: Operation,
  belongings: Belongings,
  month: Month,
  changes: Readonly<Record<string, unknown>> = {},
): Question {
  const values = operation.parameters
    .filter((one) => one.required || one.name in changes || isAskedWith(operation, one))
    .map(
      (one) => [one, one.name in changes ? changes[one.name] : chosenFor(operation, one, belongings, month)] as const,
    );
  const of = (place: Parameter['in']) => values.filter(([one]) => one.in === place);
  const path = of('path').reduce(
    (whole, [one, value]) => whole.replace(`{${one.name}}`, encodeURIComponent(String(value))),
    operation.path,
  );
  const query = new URLSearchParams(Object.fromEntries(of('query').map(([one, value]) => [one.name, String(value)])));
  const [fileType = null] = operation.fileTypes;
  const json = JSON.stringify(Object.fromEntries(of('body').map(([one, value]) => [one.name, value])));
  return {
    method: operation.method,
    path: query.size === 0 ? path : `${path}?${query}`,
    contentType: operation.body === null ? fileType : 'application/json',
    body: operation.body === null ? (fileType === null ? null : FILE) : json,
  };
}

/** Values that are optional by themselves, and without which the question asks for nothing. */
function isAskedWith({ key }: Operation, { name }: Parameter): boolean {
  return key === 'POST /api/billing/carts' && name === 'instalmentIds';
}

function chosenFor(operation: Operation, parameter: Parameter, belongings: Belongings, month: Month): unknown {
  const value = isMadeByCaller(parameter)
    ? randomUUID()
    : isIdentifier(parameter)
      ? identifierOf(operation, parameter.name, belongings)
      : plainValues(operation, month)[parameter.name];
  if (value === undefined) {
    throw new Error(
      `${operation.key} takes ${parameter.name}: say in load-tests/src/asking.ts with which value it is asked, and whose that is`,
    );
  }
  return value;
}

/** The caller's own thing that an operation wants under a name; undefined for a name that is not known here. */
export function identifierOf(operation: Operation, name: string, belongings: Belongings): unknown {
  const known: Readonly<Record<string, unknown>> = {
    ...belongings,
    orderIds: [belongings.orderId],
    instalmentIds: [belongings.instalmentId],
    lostNumber: belongings.badgeNumber,
    recordId: belongings.pupilId,
    // Of the office's work, and nobody's family's.
    ...{ runId: NOT_THERE, caseId: NOT_THERE },
  };
  if (operation.key === 'GET /api/billing/instalments/{instalmentId}/receipt') return belongings.paidInstalmentId;
  if (operation.key === 'GET /api/billing/top-ups/{orderId}/receipt') return belongings.paidOrderId;
  if (operation.key === 'POST /api/billing/top-ups' && name === 'pupilId') {
    return belongings.prepaidPupilId ?? belongings.pupilId;
  }
  return known[name];
}

function plainValues({ key, method, body }: Operation, month: Month): Readonly<Record<string, unknown>> {
  const ahead: ServiceDate = addDays(serviceDateAt(new Date()), DAYS_AHEAD);
  const days = method === 'POST' ? { from: ahead, to: ahead } : month;
  const isForRules = key === 'PUT /api/billing/office/rules/{service}';
  return {
    ...days,
    ...{ service: 'school_meals', day: body === null ? month.to : month.from, type: 'absent', amountCents: 1_000 },
    ...{
      until: month.to,
      serviceDates: [month.from],
      days: [],
      secondSittingClasses: [],
      menus: [],
      startsOn: '2026-11-02',
      weeks: 1,
    },
    ...{
      serviceDaysBefore: 0,
      cutOffTime: '09:30',
      types: [{ code: 'absent', label: 'ASSENTE' }],
      policy: 'on_swipe',
      since: month.from,
    },
    ...{
      serviceDate: month.to,
      cutOffAtMs: Date.parse(`${month.to}T08:00:00Z`),
      ...{ label: 'Mensa', vat: 'exempt', series: '', taxonomyCode: '0101002IM' },
      ...{ instalmentCount: 1, instalmentLeastCents: 0, dueDays: 30, daysApart: 30 },
      outcome: 'accounted',
      note: 'Prova',
    },
    ...{
      kind: isForRules ? 'invoice' : 'form',
      title: 'Modulo di iscrizione',
      fileName: 'modulo.pdf',
      reason: 'Pasto non consumato',
    },
  };
}
