/**
 * What we ask providers of the federations to use: of what SPID and CIE must support (both rules, cryptographic algorithms) the stronger
 * where a choice does not cost a provider anything.
 */
export const ID_TOKEN_SIGNATURE = 'RS256';
export const USERINFO_KEY_WRAP = 'RSA-OAEP-256';
export const USERINFO_CONTENT = 'A256CBC-HS512';
