import type { Cents, MunicipalityId, PupilId, ServiceCode, ServiceDate } from '@campanella/vocabulary';

/** Which charges of invoiced meals are asked for. */
export interface ChargesWanted {
  readonly municipalityId: MunicipalityId;
  readonly service: ServiceCode;
  readonly from: ServiceDate;
  readonly until: ServiceDate;
  /** Days from here to `from` are told where they changed after `changedSince`. */
  readonly earlierFrom: ServiceDate;
  readonly changedSince: Date;
  /** What was recorded or corrected after it is not told. */
  readonly asOf: Date;
  readonly afterPupilId: PupilId | null;
  /** Pupils that are looked at. */
  readonly pageSize: number;
}

export interface InvoicedCharge {
  readonly serviceDate: ServiceDate;
  readonly amountCents: Cents;
  readonly isCorrected: boolean;
}

export interface ChargesPage {
  readonly pupils: readonly { readonly pupilId: PupilId; readonly charges: readonly InvoicedCharge[] }[];
  /** The last pupil that was looked at; null on the last page. */
  readonly nextAfter: PupilId | null;
}

/** Charges of invoiced meals, for the billing run. */
export interface ChargeReader {
  listInvoiced(wanted: ChargesWanted): Promise<ChargesPage>;
}
