import { BillingOfficeServiceClient } from '@campanella/proto/billing/v1/office';
import { callUnary, grpcClient } from '@campanella/service-kit';
import { SCHOOL_MEALS } from '@campanella/vocabulary';
import type { CreditorPlace } from './config.ts';
import { VALLEFINTA } from './town.ts';

const CALL_DEADLINE_MS = 15_000;

/** Makes Vallefinta a creditor at pagoPA, invented like the rest of it, and lets its school meals be topped up. Again changes nothing. */
export async function putCreditor(addresses: readonly string[], place: CreditorPlace): Promise<void> {
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
        ...{ iban: 'IT60X0542811101000000123456', postalIban: '', cbillCode: 'DEMO1' },
      },
      within,
    );
    await callUnary(
      office,
      'putTopUpRules',
      {
        ...{ municipalityId, service: SCHOOL_MEALS, label: 'Refezione scolastica' },
        ...{ minimumCents: 500, maximumCents: 20_000, stepCents: 50, taxonomyCode: '9/DEMO/', pendingDays: 60 },
      },
      within,
    );
  } finally {
    office.close();
  }
}
