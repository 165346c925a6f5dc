import { z } from 'zod';
import { FederationError } from '../federation/federation-error.ts';
import { verifyEntityConfiguration } from '../federation/statements.ts';
import type { Membership } from '../federation/trust-anchor.ts';
import { configurationUrl, readStatement } from '../federation/trust-chain.ts';
import { relyingPartyPolicy } from './prescribed-policies.ts';
import type { Scheme } from './scheme.ts';

const RSA_MODULUS_BYTES_MIN = 256; // 2048 bits, "Cryptographic algorithms"

const publicKey = z
  .looseObject({ kty: z.string().min(1), kid: z.string().min(1) })
  .refine((key) => key['d'] === undefined, 'is a private key')
  .refine((key) => key.kty !== 'RSA' || modulusBytes(key) >= RSA_MODULUS_BYTES_MIN, 'is shorter than 2048 bits');
const publicKeys = z.object({ keys: z.array(publicKey).min(1) });

function modulusBytes(key: Readonly<Record<string, unknown>>): number {
  return Buffer.from(String(key['n']), 'base64url').length;
}

/** Mandatory parameters. @see the technical rules, "OpenID Connect Relying Party Metadata (RP)" */
const published = z.looseObject({
  federation_entity: z.looseObject({
    organization_name: z.string().min(1),
    homepage_uri: z.url(),
    policy_uri: z.url(),
    logo_uri: z.url().endsWith('.svg'),
    contacts: z.array(z.email()).min(1),
    federation_resolve_endpoint: z.url(),
  }),
  openid_relying_party: z.looseObject({
    client_id: z.url(),
    client_registration_types: z.array(z.string()).min(1),
    redirect_uris: z.array(z.url()).min(1),
    response_types: z.array(z.string()).min(1),
    grant_types: z.array(z.string()).min(1),
    jwks: publicKeys,
    id_token_signed_response_alg: z.string(),
    userinfo_signed_response_alg: z.string(),
    userinfo_encrypted_response_alg: z.string(),
    userinfo_encrypted_response_enc: z.string(),
    token_endpoint_auth_method: z.string(),
  }),
});

/**
 * What an anchor takes from a relying party's own configuration: its keys, and that it publishes what the rules demand. Stands in
 * for the onboarding procedure, in which an operator of the federation looks at the same things.
 *
 * @throws FederationError `invalid_client` that says what is wrong with the configuration, `temporarily_unavailable`
 */
export async function readRelyingParty(id: string, anchor: string, scheme: Scheme): Promise<Membership> {
  const configuration = await verifyEntityConfiguration(await readStatement(configurationUrl(id)), id);
  const parsed = published.safeParse(configuration.metadata);
  if (!parsed.success) {
    throw new FederationError(
      'invalid_client',
      `the metadata of ${id} is not complete: ${z.prettifyError(parsed.error)}`,
    );
  }
  if (!configuration.authority_hints.includes(anchor)) {
    throw new FederationError('invalid_client', `authority_hints of ${id} do not name ${anchor}`);
  }
  const { federation_entity: organization, openid_relying_party: party } = parsed.data;
  if (party.client_id !== id)
    throw new FederationError('invalid_client', `the client_id of ${id} is not its entity id`);
  return {
    federationKeys: configuration.jwks,
    metadataPolicy: relyingPartyPolicy(scheme, party.jwks),
    organizationName: organization.organization_name,
    email: organization.contacts[0] ?? '',
  };
}
