/** Who says it and to whom: the same in every service that checks the token. */
export const TOKEN_ISSUER = 'campanella-identity';
export const TOKEN_AUDIENCE = 'campanella';
/** Longest life of an internal identity token: a guardian who is replaced loses access within it. */
export const TOKEN_LIFETIME_MS = 5 * 60 * 1000;

/** A role beyond that of a guardian: the municipal office, a school's staff, those who run the platform. */
export const OPERATOR_ROLES = ['office', 'school', 'sre'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];
export type Role = 'guardian' | OperatorRole;

/** What the internal identity token says about a person. */
export interface TokenClaims {
  readonly personId: string;
  readonly municipalityId: number;
  readonly role: Role;
  readonly pupilIds: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/**
 * The token of a person. An operator who is a guardian too keeps their own pupils.
 *
 * @param pupilIds as anagrafica gives them now
 */
export function tokenClaims(
  person: { readonly personId: string; readonly municipalityId: number; readonly role: Role },
  pupilIds: readonly string[],
  now: Date,
): TokenClaims {
  return {
    ...person,
    pupilIds: [...new Set(pupilIds)].sort(),
    issuedAt: now,
    expiresAt: new Date(now.getTime() + TOKEN_LIFETIME_MS),
  };
}
