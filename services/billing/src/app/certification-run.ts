import type { Transaction } from '@campanella/postgres';
import {
  type Decision,
  type MunicipalityId,
  type PupilId,
  refuse,
  type ServiceDate,
  serviceCode,
  serviceDate,
  serviceDateAt,
} from '@campanella/vocabulary';
import { v5 } from 'uuid';
import { type PupilPayment, sumYear, type YearOfPayer } from '../domain/certification.ts';
import { type Law, reliefTextOf } from '../domain/law.ts';
import type { Creditor, CreditorStore, Payers } from './ports.ts';
import { type Editor, type PrepareDeps, type PrepareRefusal, prepareRun, type ReadRunPage, type Run } from './runs.ts';

/** Pupils that are looked at for one page: as many files are drawn and filed at the most. */
const PUPILS_PER_PAGE = 50;
/** Namespace of the ids of certifications; fixed for ever, made once with `uuidgen`. */
const CERTIFICATIONS = '2b0f6a0e-94c4-4f3d-8a35-0c4f9d1d7e21';

interface CertificationSettings {
  readonly year: number;
  readonly issuedOn: ServiceDate;
}

/** A certification that was filed. */
export interface Certification {
  readonly pupilId: PupilId;
  readonly year: number;
  readonly ordinal: number;
  readonly payerCode: string;
  readonly amountCents: number;
  readonly documentId: string;
}

/** Payments of pupils, and what was certified of them. */
export interface CertificationStore {
  /** Pupils with documents or top-ups, after an id, in the order of ids. */
  listPupils(municipalityId: MunicipalityId, after: string | null, limit: number): Promise<readonly PupilId[]>;
  /** Payments and refunds of a calendar year, with some hours around it. */
  listPayments(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    year: number,
  ): Promise<ReadonlyMap<PupilId, readonly PupilPayment[]>>;
  listFiled(
    municipalityId: MunicipalityId,
    pupilIds: readonly PupilId[],
    year: number,
  ): Promise<readonly Certification[]>;
  put(
    tx: Transaction,
    municipalityId: MunicipalityId,
    certifications: readonly Certification[],
    now: Date,
  ): Promise<void>;
}

/** A pupil's fascicolo, in anagrafica. */
export interface Fascicolo {
  /** Files a PDF; the same again changes nothing. @throws where it is refused, which nobody can have caused */
  file(
    municipalityId: MunicipalityId,
    document: {
      readonly documentId: string;
      readonly pupilId: PupilId;
      readonly title: string;
      readonly fileName: string;
      readonly content: Buffer;
    },
  ): Promise<void>;
}

export type CertificationRefusal =
  | PrepareRefusal
  /** A year is certified when it is over. */
  | { readonly kind: 'year_not_over' };

/** Prepares the certifications of a year. */
export async function prepareCertification(
  deps: PrepareDeps,
  asked: {
    readonly municipalityId: MunicipalityId;
    readonly runId: string;
    readonly year: number;
    readonly editor: Editor;
  },
): Promise<Decision<Run, CertificationRefusal>> {
  const { municipalityId, runId, year, editor } = asked;
  const now = deps.clock.now();
  const today = serviceDateAt(now);
  if (serviceDate(`${year}-12-31`) >= today) return refuse({ kind: 'year_not_over' });
  const settings: CertificationSettings = { year, issuedOn: today };
  return prepareRun(deps, { municipalityId, runId, kind: 'certification_730', scope: '', settings, editor }, now);
}

export interface CertificationRunDeps {
  readonly certifications: CertificationStore;
  readonly creditors: Pick<CreditorStore, 'findCreditor' | 'listRules'>;
  readonly payers: Pick<Payers, 'find'>;
  readonly fascicolo: Fascicolo;
  readonly law: Law;
  readonly render: (content: {
    readonly creditor: Creditor;
    readonly payer: YearOfPayer['payer'];
    readonly pupil: { readonly codiceFiscale: string; readonly fullName: string };
    readonly year: number;
    readonly services: readonly { readonly label: string; readonly amountCents: YearOfPayer['totalCents'] }[];
    readonly totalCents: YearOfPayer['totalCents'];
    readonly issuedOn: ServiceDate;
    readonly relief: string | null;
  }) => Promise<Buffer>;
}

interface Due extends Certification {
  readonly of: YearOfPayer;
  readonly isCorrection: boolean;
}

/**
 * Reads a page of pupils and what was paid for each in the year, by payer; those whose sum is not the certified one are certified, and filed in the
 * fascicolo before the page is committed: their ids are made of what they say, so that filing again after a kill changes nothing.
 */
export function certificationRunPages(deps: CertificationRunDeps): ReadRunPage {
  return async (run, after) => {
    const { municipalityId } = run;
    const { year, issuedOn } = run.settings as CertificationSettings;
    const pupilIds = await deps.certifications.listPupils(municipalityId, after, PUPILS_PER_PAGE);
    const [payments, filed] = await Promise.all([
      deps.certifications.listPayments(municipalityId, pupilIds, year),
      deps.certifications.listFiled(municipalityId, pupilIds, year),
    ]);
    const due = pupilIds.flatMap((pupilId) =>
      dueOf(
        municipalityId,
        pupilId,
        year,
        sumYear(payments.get(pupilId) ?? [], year),
        filed.filter((one) => one.pupilId === pupilId),
      ),
    );
    const ready = run.state === 'issuing' ? await fileAll(deps, municipalityId, due, issuedOn) : due;
    const totals = {
      certifications: ready.length,
      amountCents: ready.reduce((sum, { amountCents }) => sum + amountCents, 0),
      leftOut: due.length - ready.length,
    };
    return {
      next: pupilIds.length < PUPILS_PER_PAGE ? null : (pupilIds.at(-1) ?? null),
      totals,
      sample: due.map(({ pupilId, amountCents }) => ({ pupilId, amountCents })),
      async issue(tx, now) {
        await deps.certifications.put(tx, municipalityId, ready, now);
        const line = (outcome: string) => (one: Due) => {
          return { outcome, subjectId: one.documentId, amountCents: one.amountCents };
        };
        const left = due.filter((one) => !ready.includes(one));
        return { totals, lines: [...ready.map(line('certified')), ...left.map(line('unknown_pupil'))] };
      },
    };
  };
}

function dueOf(
  municipalityId: MunicipalityId,
  pupilId: PupilId,
  year: number,
  years: readonly YearOfPayer[],
  filed: readonly Certification[],
): Due[] {
  let last = Math.max(0, ...filed.map(({ ordinal }) => ordinal));
  return years.flatMap((of) => {
    const earlier = filed.find(({ payerCode }) => payerCode === of.payer.codiceFiscale);
    if (earlier?.amountCents === of.totalCents) return [];
    if (earlier === undefined) last += 1;
    const ordinal = earlier?.ordinal ?? last;
    const documentId = v5(`${municipalityId}/${pupilId}/${year}/${ordinal}/${of.totalCents}`, CERTIFICATIONS);
    const certification = { pupilId, year, ordinal, payerCode: of.payer.codiceFiscale, amountCents: of.totalCents };
    return [{ ...certification, documentId, of, isCorrection: earlier !== undefined }];
  });
}

async function fileAll(
  deps: CertificationRunDeps,
  municipalityId: MunicipalityId,
  due: readonly Due[],
  issuedOn: ServiceDate,
): Promise<readonly Due[]> {
  const creditor = await deps.creditors.findCreditor(municipalityId);
  if (creditor === null) throw new Error('a run exists only with its creditor');
  const topUps = new Map((await deps.creditors.listRules(municipalityId)).map((one) => [String(one.service), one]));
  const done: Due[] = [];
  for (const one of due) {
    const { pupilId, year, documentId, of, isCorrection } = one;
    const [service] = of.services;
    const found =
      service === undefined ? null : await deps.payers.find(municipalityId, pupilId, serviceCode(service.service));
    // Anagrafica knows the pupil no longer: the office sees it in the report.
    if (found === null) continue;
    const { pupil } = found;
    const services = of.services.map(({ service: code, amountCents }) => ({
      label: topUps.get(code)?.label ?? code,
      amountCents,
    }));
    const relief = reliefTextOf(deps.law, year);
    const content = await deps.render({
      ...{ creditor, payer: of.payer, pupil, year, services, totalCents: of.totalCents, issuedOn, relief },
    });
    const title = `Certificazione per modello 730, anno ${year}${isCorrection ? ', sostituisce la precedente' : ''}`;
    const fileName = `certificazione-730-${year}.pdf`;
    await deps.fascicolo.file(municipalityId, { documentId, pupilId, title, fileName, content });
    done.push(one);
  }
  return done;
}
