/** What a part of a pupil's record is called in the address. */
export const RECORD_PARTS = { general: 'dati', other: 'altro', services: 'servizi', fascicolo: 'fascicolo' } as const;
export type RecordPart = keyof typeof RECORD_PARTS;

/** What the page of the records shows: which pupils, and which one's record. All ids are opaque: no name and no badge number is in the address. */
export interface RecordSearch {
  readonly pupilId: string | null;
  readonly badgeId: string | null;
  /** The pupil whose record is open. */
  readonly openId: string | null;
  readonly part: RecordPart;
}

/** Reads it from the page's address; an unknown part is the first. */
export function readRecordSearch(address: URLSearchParams): RecordSearch {
  const part = (Object.keys(RECORD_PARTS) as RecordPart[]).find((one) => RECORD_PARTS[one] === address.get('parte'));
  return {
    pupilId: address.get('utente'),
    badgeId: address.get('badge'),
    openId: address.get('scheda'),
    part: part ?? 'general',
  };
}

/** Writes it as the page's address; {@link readRecordSearch} reads it back. */
export function writeRecordSearch({ pupilId, badgeId, openId, part }: RecordSearch): URLSearchParams {
  const address = new URLSearchParams();
  if (pupilId !== null) address.set('utente', pupilId);
  if (badgeId !== null) address.set('badge', badgeId);
  if (openId !== null) {
    address.set('scheda', openId);
    address.set('parte', RECORD_PARTS[part]);
  }
  return address;
}
