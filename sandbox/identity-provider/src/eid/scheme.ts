/** Levels of assurance, the spelling of both schemes. */
export const LEVELS = [1, 2, 3].map((level) => `https://www.spid.gov.it/SpidL${level}`);

const ATTRIBUTES = 'https://attributes.eid.gov.it';
/** The claim that carries the codice fiscale, with its `TINIT-` prefix. */
export const FISCAL_NUMBER = `${ATTRIBUTES}/fiscal_number`;
export const SPID_CODE = `${ATTRIBUTES}/spid_code`;
export const COMPANY_NAME = `${ATTRIBUTES}/company_name`;
export const COMPANY_FISCAL_NUMBER = `${ATTRIBUTES}/company_fiscal_number`;
export const VAT_NUMBER = `${ATTRIBUTES}/vat_number`;
export const REGISTERED_OFFICE = `${ATTRIBUTES}/registered_office`;

/** Encryption algorithms that the rules require. */
export const KEY_ENCRYPTIONS = ['RSA-OAEP', 'RSA-OAEP-256'] as const;
export const CONTENT_ENCRYPTIONS = ['A128CBC-HS256', 'A256CBC-HS512'] as const;

/**
 * What tells SPID from CIE, as data.
 *
 * @see the technical rules, "Differences between SPID and CIE id", and the pages of each end point
 */
export interface Scheme {
  /** Scopes that a relying party may ask for. */
  readonly scopes: readonly string[];
  /** Claims of a scope. */
  readonly scopeClaims: Readonly<Record<string, readonly string[]>>;
  readonly claims: readonly string[];
  /** Parameters of the request object that the query must repeat with the same value. */
  readonly repeatedParameters: readonly string[];
  /** Attributes in the id token too, not only in userinfo. */
  readonly hasAttributesInIdToken: boolean;
  readonly encryptsIdToken: boolean;
  /** `iss` in the authorization response (RFC 9207). */
  readonly hasIssuerInResponse: boolean;
  readonly userinfoMethods: readonly string[];
  /** Introspection tells more than `active`. */
  readonly tellsTokenDetails: boolean;
  /** Revoking an access token ends the refresh tokens of the same consent. */
  readonly revokesRefreshTokensToo: boolean;
}

const PERSON = ['given_name', 'family_name', 'place_of_birth', 'birthdate', 'gender', FISCAL_NUMBER, 'email'];

export const SPID: Scheme = {
  scopes: ['openid', 'offline_access'],
  // A company's identity says so unasked: relying parties must be able to refuse it. Citizens have no such claims.
  scopeClaims: { openid: ['sub', COMPANY_NAME, COMPANY_FISCAL_NUMBER, VAT_NUMBER] },
  claims: [...PERSON, SPID_CODE, COMPANY_NAME, COMPANY_FISCAL_NUMBER, VAT_NUMBER, REGISTERED_OFFICE],
  repeatedParameters: ['scope', 'code_challenge', 'code_challenge_method', 'client_id', 'response_type'],
  hasAttributesInIdToken: false,
  encryptsIdToken: false,
  hasIssuerInResponse: false,
  userinfoMethods: ['GET'],
  tellsTokenDetails: true,
  revokesRefreshTokensToo: true,
};

export const CIE: Scheme = {
  scopes: ['openid', 'offline_access', 'profile', 'email'],
  scopeClaims: {
    openid: ['sub'],
    profile: ['family_name', 'given_name', 'birthdate', FISCAL_NUMBER],
    email: ['email', 'email_verified'],
  },
  claims: [...PERSON, 'email_verified'],
  repeatedParameters: ['scope', 'code_challenge', 'code_challenge_method'],
  hasAttributesInIdToken: true,
  encryptsIdToken: true,
  hasIssuerInResponse: true,
  userinfoMethods: ['GET', 'POST'],
  tellsTokenDetails: false,
  revokesRefreshTokensToo: false,
};
