import type { JSONWebKeySet } from 'jose';
import { type Metadata, SIGNATURES_REQUIRED } from '../federation/statements.ts';
import { CONTENT_ENCRYPTIONS, KEY_ENCRYPTIONS, LEVELS, type Scheme } from './scheme.ts';

/** Paths of the end points under the issuer. */
export const ENDPOINTS = {
  authorization: '/authorization',
  token: '/token',
  userinfo: '/userinfo',
  introspection: '/introspection',
  revocation: '/revocation',
} as const;

/** What a provider publishes about itself as `openid_provider`. @see the technical rules, "OpenID Connect Provider Metadata (OP)" */
export function providerMetadata(
  issuer: string,
  scheme: Scheme,
  organization: { readonly organization_name: string; readonly logo_uri: string },
  keys: JSONWebKeySet,
): Metadata {
  const endpoints = Object.entries(ENDPOINTS).map(([name, path]) => [`${name}_endpoint`, `${issuer}${path}`]);
  return {
    issuer,
    ...Object.fromEntries(endpoints),
    organization_name: organization.organization_name,
    logo_uri: organization.logo_uri,
    op_policy_uri: `${issuer}/policy`,
    code_challenge_methods_supported: ['S256'],
    scopes_supported: scheme.scopes,
    response_types_supported: ['code'],
    response_modes_supported: ['form_post', 'query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    acr_values_supported: LEVELS,
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: SIGNATURES_REQUIRED,
    userinfo_signing_alg_values_supported: SIGNATURES_REQUIRED,
    userinfo_encryption_alg_values_supported: KEY_ENCRYPTIONS,
    userinfo_encryption_enc_values_supported: CONTENT_ENCRYPTIONS,
    request_object_signing_alg_values_supported: SIGNATURES_REQUIRED,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: SIGNATURES_REQUIRED,
    claims_supported: scheme.claims,
    claims_parameter_supported: true,
    request_parameter_supported: true,
    jwks: keys,
    client_registration_types_supported: ['automatic'],
    request_authentication_methods_supported: { authorization_endpoint: ['request_object'] },
    request_authentication_signing_alg_values_supported: SIGNATURES_REQUIRED,
    ...(scheme.encryptsIdToken
      ? {
          id_token_encryption_alg_values_supported: KEY_ENCRYPTIONS,
          id_token_encryption_enc_values_supported: CONTENT_ENCRYPTIONS,
          revocation_endpoint_auth_methods_supported: ['private_key_jwt'],
        }
      : {}),
    ...(scheme.hasIssuerInResponse ? { authorization_response_iss_parameter_supported: true } : {}),
  };
}
