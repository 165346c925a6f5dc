import express from 'express';
import { resolveEndpoint, sendFederationError, sendJwt } from '../federation/entity-answers.ts';
import type { SigningKey } from '../federation/keys.ts';
import { ENTITY_STATEMENT, signJwt } from '../federation/statements.ts';
import type { TrustAnchor } from '../federation/trust-anchor.ts';
import type { EidProvider } from './eid-provider.ts';
import { ENDPOINTS, providerMetadata } from './provider-metadata.ts';
import type { Scheme } from './scheme.ts';

export interface EidRoutesOptions {
  readonly id: string;
  readonly scheme: Scheme;
  readonly provider: EidProvider;
  readonly federationKey: SigningKey;
  readonly anchor: TrustAnchor;
  readonly organization: {
    readonly organization_name: string;
    readonly logo_uri: string;
    readonly homepage_uri: string;
    readonly policy_uri: string;
    readonly contacts: readonly string[];
  };
  /** Subjects that its resolve end point answers for. */
  readonly known: readonly string[];
  readonly statementLifetimeS: number;
}

/** What a provider answers as a member of its federation, before oidc-provider answers the rest. */
export function eidRoutes(options: EidRoutesOptions): express.Router {
  const { id, scheme, provider, federationKey, anchor, organization } = options;
  const router = express.Router();
  router.get('/.well-known/openid-federation', async (_request, response) => {
    const claims = {
      iss: id,
      sub: id,
      jwks: { keys: [federationKey.publicJwk] },
      metadata: {
        federation_entity: { ...organization, federation_resolve_endpoint: `${id}/resolve` },
        openid_provider: providerMetadata(id, scheme, organization, { keys: [...provider.keys()] }),
      },
      authority_hints: [anchor.id],
      trust_marks: await anchor.trustMarksOf(id),
    };
    const jwt = await signJwt(federationKey, ENTITY_STATEMENT, claims, options.statementLifetimeS);
    sendJwt(response, ENTITY_STATEMENT, jwt);
  });
  // Neither scheme has OpenID Connect Discovery: whoever leans on it must notice here.
  router.get('/.well-known/openid-configuration', (_request, response) => {
    response.status(404).json({ error: 'not_found', error_description: 'this provider is found by its federation' });
  });
  const knows = (subject: string) => options.known.includes(subject);
  router.get('/resolve', resolveEndpoint({ id, key: federationKey, anchor: anchor.id, knows }));
  router.all(ENDPOINTS.userinfo, (request, response, next) => {
    if (scheme.userinfoMethods.includes(request.method)) return next();
    response.status(405).set('allow', scheme.userinfoMethods.join(', ')).json({ error: 'invalid_request' });
  });
  router.use(sendFederationError);
  return router;
}
