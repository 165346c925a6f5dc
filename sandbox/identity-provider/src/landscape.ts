import { CIE, type Scheme, SPID } from './eid/scheme.ts';
import type { OutcomeKey } from './outcomes.ts';

/** A trust anchor of the sandbox. */
export interface AnchorPlan {
  readonly name: string;
  readonly path: string;
  readonly organizationName: string;
  readonly email: string;
  readonly scheme: Scheme;
}

/** A provider of the sandbox. */
export interface ProviderPlan {
  readonly name: string;
  readonly path: string;
  readonly anchor: string;
  readonly organizationName: string;
  readonly email: string;
  readonly isPublic: boolean;
  readonly scheme: Scheme;
  readonly outcomes: readonly OutcomeKey[];
}

const ERRORS = ['nr19', 'nr20', 'nr21', 'nr22', 'nr23', 'nr25', 'unknown_code', 'malformed', 'unavailable'] as const;
const CIE_OUTCOMES = [...ERRORS, 'level_too_low'] as const;
// Every holder of a CIE is a natural person with a codice fiscale.
const SPID_OUTCOMES = [...CIE_OUTCOMES, 'eidas', 'legal_person'] as const;

export const anchors: readonly AnchorPlan[] = [
  {
    name: 'agid',
    path: '/agid',
    organizationName: 'Registro SPID dimostrativo',
    email: 'registro@pec.spid.example',
    scheme: SPID,
  },
  {
    name: 'interno',
    path: '/interno',
    organizationName: 'Registro CIE dimostrativo',
    email: 'registro@pec.cie.example',
    scheme: CIE,
  },
];

export const providers: readonly ProviderPlan[] = [
  ...['Alfa', 'Beta', 'Gamma'].map((name) => ({
    name: name.toLowerCase(),
    path: `/spid/${name.toLowerCase()}`,
    anchor: 'agid',
    organizationName: `Identità Inventata ${name}`,
    email: `${name.toLowerCase()}@pec.identita.example`,
    isPublic: false,
    scheme: SPID,
    outcomes: SPID_OUTCOMES,
  })),
  {
    name: 'cie',
    path: '/cie',
    anchor: 'interno',
    organizationName: 'CIE dimostrativa',
    email: 'cie@pec.cie.example',
    isPublic: true,
    scheme: CIE,
    outcomes: CIE_OUTCOMES,
  },
];
