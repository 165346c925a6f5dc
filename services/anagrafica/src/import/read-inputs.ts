import type { Cells } from '@campanella/csv-import';
import type { RecordsInput } from '../domain/parse-records.ts';
import type { RecordKind } from '../domain/records.ts';
import type { FileKind } from './layouts.ts';

type Item<List extends RecordKind> = RecordsInput[List][number];

/** What a row says, with other records by what the office calls them. */
export interface Named {
  readonly schools: { readonly name: string };
  readonly schoolYears: { readonly name: string; readonly validFrom: string; readonly validUntil: string };
  readonly classes: { readonly school: string; readonly schoolYear: string; readonly name: string };
  readonly services: Item<'services'>;
  readonly tariffs: {
    readonly service: string;
    readonly name: string;
    readonly price: Item<'tariffs'>['prices'][number];
  };
  readonly bands: {
    readonly service: string;
    readonly tariff: string;
    readonly band: NonNullable<Item<'tariffs'>['bands']>[number];
  };
  readonly isee: { readonly household: string; readonly certification: Item<'isee'>['certifications'][number] };
  readonly guardians: Omit<Item<'guardians'>, 'guardianId'>;
  readonly pupils: Omit<Item<'pupils'>, 'pupilId' | 'classId'> & {
    readonly school: string;
    readonly schoolYear: string;
    readonly className: string;
  };
  readonly diets: { readonly pupilCode: string; readonly diet: Item<'diets'>['diets'][number] };
  readonly households: { readonly name: string; readonly pupilCode: string; readonly guardianCode: string | null };
  readonly enrolments: Omit<
    Item<'enrolments'>,
    'enrolmentId' | 'pupilId' | 'schoolYearId' | 'guardianId' | 'tariffId'
  > & {
    readonly pupilCode: string;
    readonly schoolYear: string;
    readonly guardianCode: string;
    readonly tariff: string;
  };
  readonly badges: Omit<Item<'badges'>, 'badgeId' | 'pupilId' | 'replacesBadgeId'> & { readonly pupilCode: string };
}

/** The word that takes a diet, or a certification, away; an empty cell leaves it. */
export const NONE = 'NESSUNA';

const DIET_KIND_WORDS = { salute: 'health', etica: 'ethical', leggera: 'light' } as const;

/** The word that stops invoices by post. */
const NOBODY = 'NESSUNO';
const INVOICE_ADDRESS = ['fatture_presso', 'fatture_indirizzo', 'fatture_cap', 'fatture_comune', 'fatture_provincia'];
const POSTAL_CODE_DIGITS = 5;
const BIRTH = ['data_nascita', 'sesso', 'comune_nascita', 'provincia_nascita'];
const RESIDENCE = ['comune', 'cap', 'provincia', 'indirizzo', 'civico'];

const validity = (cells: Cells) => ({ validFrom: cells.day('dal'), validUntil: cells.lastDay('al') });

/** How the row of each file is read. */
export const READERS: { readonly [Kind in FileKind]: (cells: Cells) => Named[Kind] } = {
  schools: (cells) => ({ name: cells.text('nome') }),
  schoolYears: (cells) => ({ name: cells.text('nome'), validFrom: cells.day('dal'), validUntil: cells.day('al') }),
  classes: (cells) => ({
    school: cells.text('scuola'),
    schoolYear: cells.text('anno_scolastico'),
    name: cells.text('nome'),
  }),
  services: (cells) => ({ service: cells.text('codice'), name: cells.text('nome') }),
  tariffs: (cells) => ({
    service: cells.text('servizio'),
    name: cells.text('nome'),
    price: { priceCents: cells.amountCents('prezzo'), ...validity(cells) },
  }),
  bands: (cells) => ({
    service: cells.text('servizio'),
    tariff: cells.text('tariffa'),
    band: {
      validFrom: cells.day('dal'),
      iseeFromCents: cells.optional('isee_da') === '' ? null : cells.amountCents('isee_da'),
      iseeUpToCents: cells.amountCents('isee_fino_a'),
      priceCents: cells.amountCents('prezzo'),
    },
  }),
  isee: (cells) => ({
    household: cells.text('nucleo'),
    certification: {
      iseeCents: cells.text('isee').toUpperCase() === NONE ? null : cells.amountCents('isee'),
      validFrom: cells.day('dal'),
      validUntil: cells.day('al'),
      reference: cells.optional('riferimento'),
    },
  }),
  guardians: (cells) => ({
    codiceFiscale: cells.codiceFiscale('codice_fiscale'),
    familyName: cells.text('cognome'),
    givenName: cells.text('nome'),
  }),
  pupils: (cells) => ({
    codiceFiscale: cells.codiceFiscale('codice_fiscale'),
    familyName: cells.text('cognome'),
    givenName: cells.text('nome'),
    schoolYear: cells.text('anno_scolastico'),
    school: cells.text('scuola'),
    className: cells.text('classe'),
    dietCode: dietOf(cells.optional('dieta').toUpperCase()),
    closed: cells.choice('stato', { aperto: false, chiuso: true }),
    birth: cells.group(BIRTH, () => ({
      bornOn: cells.day('data_nascita'),
      sex: cells.text('sesso').toUpperCase(),
      municipality: cells.text('comune_nascita'),
      province: cells.text('provincia_nascita').toUpperCase(),
    })),
    residence: cells.group(RESIDENCE, () => ({
      municipality: cells.text('comune'),
      postalCode: cells.digits('cap', POSTAL_CODE_DIGITS),
      province: cells.text('provincia').toUpperCase(),
      street: cells.text('indirizzo'),
      streetNumber: cells.text('civico'),
      phone: cells.optional('telefono'),
    })),
  }),
  diets: (cells) => ({
    pupilCode: cells.codiceFiscale('codice_fiscale_alunno'),
    diet: { ...dietAndKind(cells), ...validity(cells), reference: cells.optional('riferimento') },
  }),
  households: (cells) => ({
    name: cells.text('nucleo'),
    pupilCode: cells.codiceFiscale('codice_fiscale_alunno'),
    guardianCode:
      cells.optional('codice_fiscale_intestatario') === '' ? null : cells.codiceFiscale('codice_fiscale_intestatario'),
  }),
  enrolments: (cells) => ({
    pupilCode: cells.codiceFiscale('codice_fiscale_alunno'),
    service: cells.text('servizio'),
    schoolYear: cells.text('anno_scolastico'),
    guardianCode: cells.codiceFiscale('codice_fiscale_intestatario'),
    tariff: cells.text('tariffa'),
    paymentMode: cells.choice(
      'pagamento',
      { prepagato: 'prepaid' as const, fattura: 'invoiced' as const },
      cells.text('pagamento'),
    ),
    overdraftCents: cells.amountCents('fido', 0),
    ...validity(cells),
    reductions: reductionsOf(cells),
    invoiceEmail: cells.optional('email_fatture') || null,
    invoiceAddress: invoiceAddressOf(cells),
  }),
  badges: (cells) => ({
    badgeNumber: cells.code('numero'),
    pupilCode: cells.codiceFiscale('codice_fiscale_alunno'),
    ...validity(cells),
    blocked: cells.choice('bloccato', { no: false, si: true, sì: true }),
  }),
};

/** One reduction of a row; null where the row says nothing of it, none where it says 0. */
function reductionsOf(cells: Cells): Item<'enrolments'>['reductions'] {
  const percent = cells.optional('riduzione').replace(/\s*%$/, '');
  if (percent === '0') return [];
  return cells.group(['riduzione', 'motivo_riduzione', 'riduzione_dal'], () => [
    {
      percent: cells.percent('riduzione', percent),
      reason: cells.choice('motivo_riduzione', {
        fratelli: 'siblings',
        isee: 'isee',
        esenzione: 'exemption',
        altro: 'other',
      }),
      validFrom: cells.day('riduzione_dal'),
      validUntil: cells.lastDay('riduzione_al'),
    },
  ]);
}

function invoiceAddressOf(cells: Cells): Item<'enrolments'>['invoiceAddress'] {
  if (cells.optional('fatture_presso').toUpperCase() === NOBODY) {
    return { recipient: '', street: '', postalCode: '', municipality: '', province: '' };
  }
  return cells.group(INVOICE_ADDRESS, () => ({
    recipient: cells.text('fatture_presso'),
    street: cells.text('fatture_indirizzo'),
    postalCode: cells.digits('fatture_cap', POSTAL_CODE_DIGITS),
    municipality: cells.text('fatture_comune'),
    province: cells.text('fatture_provincia').toUpperCase(),
  }));
}

function dietAndKind(cells: Cells): { readonly dietCode: string; readonly kind: string } {
  const dietCode = dietOf(cells.text('codice').toUpperCase()) ?? '';
  if (dietCode === '') return { dietCode, kind: cells.optional('tipo') };
  return { dietCode, kind: cells.choice('tipo', DIET_KIND_WORDS, cells.text('tipo')) };
}

function dietOf(cell: string): string | null {
  if (cell === '') return null;
  return cell === NONE ? '' : cell;
}

/** What makes a row the same as another of its file. */
export const ROW_KEYS: { readonly [Kind in FileKind]: (named: Named[Kind]) => readonly string[] } = {
  schools: ({ name }) => [name],
  schoolYears: ({ name }) => [name],
  classes: ({ school, schoolYear, name }) => [school, schoolYear, name],
  services: ({ service }) => [service],
  tariffs: ({ service, name, price }) => [service, name, price.validFrom],
  bands: ({ service, tariff, band }) => [service, tariff, band.validFrom, String(band.iseeUpToCents)],
  isee: ({ household, certification }) => [household, certification.validFrom],
  guardians: ({ codiceFiscale }) => [codiceFiscale],
  pupils: ({ codiceFiscale }) => [codiceFiscale],
  diets: ({ pupilCode, diet }) => [pupilCode, diet.validFrom],
  households: ({ name, pupilCode, guardianCode }) => [name, pupilCode, guardianCode ?? ''],
  enrolments: ({ pupilCode, service, validFrom }) => [pupilCode, service, validFrom],
  badges: ({ badgeNumber, pupilCode, validFrom }) => [badgeNumber, pupilCode, validFrom],
};

/** What others call the record of a row by: all prices of a tariff are one record, all diets of a pupil, all of a household. */
export const RECORD_KEYS: typeof ROW_KEYS = {
  ...ROW_KEYS,
  tariffs: ({ service, name }) => [service, name],
  bands: ({ service, tariff }) => [service, tariff],
  isee: ({ household }) => [household],
  diets: ({ pupilCode }) => [pupilCode],
  households: ({ name }) => [name],
};
