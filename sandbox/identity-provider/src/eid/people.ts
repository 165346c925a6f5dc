import { createHash } from 'node:crypto';
import { type DemoCitizen, demoCitizens } from '@campanella/sandbox-demo-town/citizens';
import {
  COMPANY_FISCAL_NUMBER,
  COMPANY_NAME,
  FISCAL_NUMBER,
  REGISTERED_OFFICE,
  SPID_CODE,
  VAT_NUMBER,
} from './scheme.ts';

/** Somebody who can sign in, with every attribute that a provider could hand out. */
export interface Person {
  readonly username: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A citizen of another EU state: no codice fiscale. */
export const EIDAS_CITIZEN = 'fjord.ohneland';
/** The representative of a company, with an identity of the company's. */
export const LEGAL_PERSON = 'mense.immaginarie';

const COMPANY_VAT = '99999990015';

/** The demo citizens and those who are there for one outcome. */
export const people: ReadonlyMap<string, Person> = new Map(
  [
    ...demoCitizens.map(fromCitizen),
    person(EIDAS_CITIZEN, {
      given_name: 'Fjord',
      family_name: 'Ohneland',
      birthdate: '1983-06-21',
      gender: 'male',
      email: 'fjord.ohneland@posta.example',
    }),
    person(LEGAL_PERSON, {
      [COMPANY_NAME]: 'Mense Immaginarie S.r.l.',
      [COMPANY_FISCAL_NUMBER]: `TINIT-${COMPANY_VAT}`,
      [VAT_NUMBER]: `VATIT-${COMPANY_VAT}`,
      [REGISTERED_OFFICE]: { formatted: 'via Inesistente 1 00000 Vallefinta' },
      email: 'mense.immaginarie@posta.example',
    }),
  ].map((one) => [one.username, one]),
);

function fromCitizen(citizen: DemoCitizen): Person {
  const { birth } = citizen;
  return person(citizen.username, {
    given_name: citizen.givenName,
    family_name: citizen.familyName,
    birthdate: birth.bornOn,
    gender: birth.sex === 'F' ? 'female' : 'male',
    place_of_birth: { locality: birth.birthplaceCode },
    [FISCAL_NUMBER]: `TINIT-${citizen.codiceFiscale}`,
    email: `${citizen.username}@posta.example`,
    email_verified: true,
  });
}

function person(username: string, claims: Person['claims']): Person {
  const code = createHash('sha256').update(username).digest('hex').slice(0, 10).toUpperCase();
  return { username, claims: { ...claims, [SPID_CODE]: `DEMO${code}` } };
}
