import type { JSONWebKeySet } from 'jose';
import type { MetadataPolicy, ParameterPolicy } from '../federation/metadata-policy.ts';
import { SIGNATURES, SIGNATURES_REQUIRED } from '../federation/statements.ts';
import { CONTENT_ENCRYPTIONS, KEY_ENCRYPTIONS, LEVELS, type Scheme } from './scheme.ts';

const essential = { essential: true };
const within = (...values: readonly string[]): ParameterPolicy => ({ subset_of: values, essential: true });
const exactly = (...values: readonly string[]): ParameterPolicy => ({
  subset_of: values,
  superset_of: values,
  essential: true,
});
const between = (least: readonly string[], most: readonly string[]): ParameterPolicy => ({
  subset_of: most,
  superset_of: least,
  essential: true,
});
const oneOf = (...values: readonly string[]): ParameterPolicy => ({ one_of: values, essential: true });
const perhapsOneOf = (...values: readonly string[]): ParameterPolicy => ({ one_of: values, essential: false });

/** What a trust anchor demands of a relying party. @see the technical rules, "TA Metadata Policy for RP" and example EN 7 */
export function relyingPartyPolicy(scheme: Scheme, protocolKeys: JSONWebKeySet): MetadataPolicy {
  return {
    jwks: { value: protocolKeys },
    grant_types: between(['authorization_code'], ['authorization_code', 'refresh_token']),
    id_token_signed_response_alg: oneOf(...SIGNATURES),
    ...(scheme.encryptsIdToken
      ? {
          id_token_encrypted_response_alg: perhapsOneOf(...KEY_ENCRYPTIONS),
          id_token_encrypted_response_enc: perhapsOneOf(...CONTENT_ENCRYPTIONS),
        }
      : {}),
    userinfo_signed_response_alg: oneOf(...SIGNATURES),
    userinfo_encrypted_response_alg: oneOf(...KEY_ENCRYPTIONS),
    userinfo_encrypted_response_enc: oneOf(...CONTENT_ENCRYPTIONS),
    token_endpoint_auth_method: oneOf('private_key_jwt'),
    client_registration_types: within('automatic'),
    redirect_uris: essential,
    client_id: essential,
    response_types: { value: ['code'] },
  };
}

/**
 * What a trust anchor demands of a provider. Parameters that only CIE providers publish are demanded of those alone: the rules'
 * table lists them for both, and would refuse every SPID provider.
 *
 * @see the technical rules, "TA Metadata Policy for OP"
 */
export function providerPolicy(scheme: Scheme, protocolKeys: JSONWebKeySet): MetadataPolicy {
  const signatures = between(SIGNATURES_REQUIRED, SIGNATURES);
  return {
    jwks: { value: protocolKeys },
    code_challenge_methods_supported: within('S256'),
    scopes_supported: between(['openid', 'offline_access'], scheme.scopes),
    response_types_supported: within('code'),
    response_modes_supported: exactly('form_post', 'query'),
    grant_types_supported: exactly('authorization_code', 'refresh_token'),
    acr_values_supported: exactly(...LEVELS),
    subject_types_supported: within('pairwise'),
    id_token_signing_alg_values_supported: signatures,
    userinfo_signing_alg_values_supported: signatures,
    userinfo_encryption_alg_values_supported: exactly(...KEY_ENCRYPTIONS),
    userinfo_encryption_enc_values_supported: exactly(...CONTENT_ENCRYPTIONS),
    token_endpoint_auth_methods_supported: within('private_key_jwt'),
    token_endpoint_auth_signing_alg_values_supported: signatures,
    claims_parameter_supported: { value: true },
    request_parameter_supported: { value: true },
    client_registration_types_supported: within('automatic'),
    request_authentication_methods_supported: { value: { authorization_endpoint: ['request_object'] } },
    request_authentication_signing_alg_values_supported: signatures,
    request_object_signing_alg_values_supported: signatures,
    issuer: essential,
    authorization_endpoint: essential,
    token_endpoint: essential,
    userinfo_endpoint: essential,
    introspection_endpoint: essential,
    revocation_endpoint: essential,
    ...(scheme.encryptsIdToken
      ? {
          id_token_encryption_alg_values_supported: exactly(...KEY_ENCRYPTIONS),
          id_token_encryption_enc_values_supported: exactly(...CONTENT_ENCRYPTIONS),
          revocation_endpoint_auth_methods_supported: within('private_key_jwt'),
        }
      : {}),
    ...(scheme.hasIssuerInResponse ? { authorization_response_iss_parameter_supported: { value: true } } : {}),
  };
}
