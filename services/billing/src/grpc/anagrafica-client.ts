import { GuardianServiceClient, PaymentMode, type PupilPayer } from '@campanella/proto/anagrafica/v1/anagrafica';
import { callUnary, grpcClient } from '@campanella/service-kit';
import { cents, id, type PupilId } from '@campanella/vocabulary';
import type { Payer, Payers } from '../app/ports.ts';

const READ_WITHIN_MS = 2_000;

/** Who pays for whom, from anagrafica. */
export function anagraficaPayers(addresses: readonly string[]): Payers & { close(): void } {
  const guardians = grpcClient(GuardianServiceClient, addresses);
  const list: Payers['list'] = async (municipalityId, pupilIds, service) => {
    if (pupilIds.length === 0) return new Map();
    const asked = { municipalityId, pupilIds: [...pupilIds], service };
    const { payers } = await callUnary(guardians, 'listPayers', asked, { deadlineMs: READ_WITHIN_MS });
    return new Map(payers.flatMap(toEntry));
  };
  return {
    list,
    async find(municipalityId, pupilId, service) {
      return (await list(municipalityId, [pupilId], service)).get(pupilId) ?? null;
    },
    close: () => guardians.close(),
  };
}

function toEntry({ pupilId, payer, invoiceEmail, ...pupil }: PupilPayer): [PupilId, Payer][] {
  if (payer === undefined) return [];
  return [
    [
      id<PupilId>(pupilId),
      {
        guardianId: payer.guardianId,
        debtor: { codiceFiscale: payer.codiceFiscale, fullName: `${payer.givenName} ${payer.familyName}` },
        pupil: {
          codiceFiscale: pupil.pupilCodiceFiscale,
          fullName: `${pupil.pupilGivenName} ${pupil.pupilFamilyName}`,
        },
        email: invoiceEmail === '' ? null : invoiceEmail,
        isPrepaid: payer.paymentMode === PaymentMode.PREPAID,
        overdraftCents: cents(payer.overdraftCents),
      },
    ],
  ];
}
