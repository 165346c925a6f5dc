/** Who says it and to whom: the same in every service that checks the token. */
export const TOKEN_ISSUER = 'campanella-identity';
export const TOKEN_AUDIENCE = 'campanella';
/** Longest life of an internal identity token: a guardian who is replaced loses access within it. */
export const TOKEN_LIFETIME_MS = 5 * 60 * 1000;

/** What the internal identity token says about a person. */
export interface TokenClaims {
  readonly personId: string;
  readonly municipalityId: number;
  readonly role: 'guardian' | 'office' | 'school' | 'sre';
  readonly pupilIds: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** The token of a guardian. @param pupilIds as anagrafica gives them now */
export function guardianClaims(
  person: { readonly personId: string; readonly municipalityId: number },
  pupilIds: readonly string[],
  now: Date,
): TokenClaims {
  return {
    ...person,
    role: 'guardian',
    pupilIds: [...new Set(pupilIds)].sort(),
    issuedAt: now,
    expiresAt: new Date(now.getTime() + TOKEN_LIFETIME_MS),
  };
}
