export { addCents, type Cents, cents, formatEuros, subtractCents } from './cents.ts';
export { type CodiceFiscale, codiceFiscaleControl, parseCodiceFiscale } from './codice-fiscale.ts';
export { accept, type Decision, type Refusal, refuse } from './decision.ts';
export {
  type AccountId,
  type BadgeId,
  type BadgeNumber,
  type EnrolmentId,
  id,
  type MunicipalityId,
  numberId,
  type PersonId,
  type PupilId,
  parseBadgeNumber,
  parseId,
  parseNumberId,
  parseServiceCode,
  SCHOOL_MEALS,
  type SchoolId,
  type ServiceCode,
  type SwipeId,
  serviceCode,
  type TerminalId,
  type TransferId,
} from './ids.ts';
export { nameKey } from './name-key.ts';
export { type PartitaIva, parsePartitaIva } from './partita-iva.ts';
export {
  addDays,
  daysBetween,
  formatServiceDate,
  instantAt,
  isWithin,
  parseServiceDate,
  parseWallTime,
  type ServiceDate,
  serviceDate,
  serviceDateAt,
  type Validity,
  type WallTime,
  wallTime,
} from './service-date.ts';
