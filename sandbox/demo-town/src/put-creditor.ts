import { BillingOfficeServiceClient, DocumentKind, PositionKeeper, Vat } from '@campanella/proto/billing/v1/office';
import { callUnary, grpcClient, refusalKindOf } from '@campanella/service-kit';
import { addDays, SCHOOL_MEALS, type ServiceDate } from '@campanella/vocabulary';
import { v5 } from 'uuid';
import type { CreditorPlace } from './config.ts';
import { familiesOf, planTown, VALLEFINTA } from './town.ts';

const CALL_DEADLINE_MS = 15_000;
const TAXONOMY_CODE = '9/DEMO/';
const NAMESPACE = '6b0b3a44-5b0e-4d0c-8a3c-0f3f5d3a9f10';
/** Who is sent documents: a guardian whose pupil's meals are invoiced. */
const INVOICED_GUARDIAN = 'nuvola.inventati';

/** Documents of a school year: what they are for, their instalments in cents, and how long ago the first was due. */
const DOCUMENTS = [
  { description: 'Mensa scolastica, settembre', instalments: [1_300], dueDaysAgo: 20 },
  { description: 'Mensa scolastica, primo trimestre', instalments: [4_500, 4_500, 4_500], dueDaysAgo: -10 },
  { description: 'Pre e post scuola', instalments: [2_600, 2_600], dueDaysAgo: -20 },
] as const;
const DAYS_BETWEEN_INSTALMENTS = 30;
const ISSUED_DAYS_BEFORE = 30;

/**
 * Makes Vallefinta a creditor at pagoPA, invented like the rest of it, lets its school meals be topped up and billed, and issues some documents. Again, on the
 * same day or later, changes nothing.
 */
export async function putCreditor(
  addresses: readonly string[],
  place: CreditorPlace,
  today: ServiceDate,
): Promise<void> {
  const office = grpcClient(BillingOfficeServiceClient, addresses);
  const { municipalityId, name } = VALLEFINTA;
  const within = { deadlineMs: CALL_DEADLINE_MS };
  try {
    await callUnary(
      office,
      'putCreditor',
      {
        ...{ municipalityId, fiscalCode: '99999000021', companyName: name, officeName: 'Ufficio scuola' },
        ...{ brokerId: place.brokerId, stationId: place.stationId, segregationCode: '01', portalUrl: place.portalUrl },
        ...{ refusesLatePayments: false, positionsAt: PositionKeeper.ACA },
        ...{ iban: 'IT60X0542811101000000123456', postalIban: '', cbillCode: 'DEMO1' },
      },
      within,
    );
    await callUnary(
      office,
      'putTopUpRules',
      {
        ...{ municipalityId, service: SCHOOL_MEALS, label: 'Refezione scolastica' },
        ...{ minimumCents: 500, maximumCents: 20_000, stepCents: 50, taxonomyCode: TAXONOMY_CODE, pendingDays: 60 },
        lowCreditCents: 1_000,
      },
      within,
    );
    await callUnary(
      office,
      'putBillingRules',
      {
        ...{ municipalityId, service: SCHOOL_MEALS, label: 'Mensa scolastica', kind: DocumentKind.INVOICE },
        ...{ vat: Vat.FOUR_PERCENT, series: 'M', taxonomyCode: TAXONOMY_CODE, instalmentCount: 1 },
        ...{ instalmentLeastCents: 0, dueDays: 30, daysApart: DAYS_BETWEEN_INSTALMENTS },
      },
      within,
    );
    for (const document of demoDocuments(today)) {
      await callUnary(office, 'issueDocument', document, within).catch((cause: unknown) => {
        // Issued on an earlier day, with the days of then.
        if (refusalKindOf(cause) !== 'document_differs') throw cause;
      });
    }
  } finally {
    office.close();
  }
}

function demoDocuments(today: ServiceDate) {
  const { municipalityId } = VALLEFINTA;
  const plan = planTown(VALLEFINTA, today);
  const family = [...familiesOf(plan)].find(({ guardian }) => guardian.username === INVOICED_GUARDIAN);
  const pupilId = family?.pupils[0]?.pupilId;
  if (pupilId === undefined) throw new Error(`nobody in the demo town is ${INVOICED_GUARDIAN}`);
  return DOCUMENTS.map(({ description, instalments, dueDaysAgo }, index) => {
    const key = `document ${index}`;
    const firstDueOn = addDays(today, -dueDaysAgo);
    return {
      ...{ municipalityId, documentId: v5(key, NAMESPACE), kind: DocumentKind.INVOICE, pupilId, service: SCHOOL_MEALS },
      ...{ description, issuedOn: addDays(firstDueOn, -ISSUED_DAYS_BEFORE), vat: Vat.FOUR_PERCENT },
      chargedCents: instalments.reduce((sum: number, amount) => sum + amount, 0),
      taxonomyCode: TAXONOMY_CODE,
      instalments: instalments.map((amountCents, ordinal) => ({
        instalmentId: v5(`${key} instalment ${ordinal}`, NAMESPACE),
        amountCents,
        dueOn: addDays(firstDueOn, ordinal * DAYS_BETWEEN_INSTALMENTS),
      })),
    };
  });
}
