import { HttpRefusal } from '@campanella/service-kit';
import type { Express, Request } from 'express';
import type { RelyingParties, RelyingParty } from '../federation/relying-parties.ts';

/** What others need not ask for again within. */
const KEPT_S = 60;
const PROVIDER_TYPE = 'openid_provider';

/** What the federation end points need. */
export interface FederationRoutesDeps {
  readonly parties: RelyingParties;
  /** The anchor that vouches for an entity we deal with; null for any other, which is never fetched for a stranger. */
  readonly anchorOf: (entityId: string) => { readonly entityId: string } | null;
}

/**
 * What a municipality is in the federations; the gateway passes it through at the addresses that the federations prescribe.
 *
 * - `GET /relying-parties/:municipalityId/openid-federation` our entity configuration (`/.well-known/openid-federation`);
 * - `GET /relying-parties/:municipalityId/resolve?sub=&anchor=` what we found about a provider that we offer (`/resolve`).
 *
 * @see OpenID Federation 1.0, sections 9 and 8.3; rules of SPID and CIE, federation end points and errors
 */
export function federationRoutes(app: Express, deps: FederationRoutesDeps): void {
  app.get('/relying-parties/:municipalityId/openid-federation', async (request, response) => {
    const party = partyOf(deps.parties, request);
    const jwt = await deps.parties.entityConfiguration(party);
    response.set('Cache-Control', deps.parties.isComplete(party) ? `public, max-age=${KEPT_S}` : 'no-store');
    response.type('application/entity-statement+jwt').send(jwt);
  });
  app.get('/relying-parties/:municipalityId/resolve', async (request, response) => {
    const party = partyOf(deps.parties, request);
    const { sub, anchor, trust_anchor: trustAnchor, type = PROVIDER_TYPE } = request.query;
    // `anchor` in the drafts that the Italian rules follow, `trust_anchor` in the final specification.
    const wanted = anchor ?? trustAnchor;
    if (typeof sub !== 'string' || typeof wanted !== 'string' || type !== PROVIDER_TYPE) {
      response.status(400).json({ error: 'invalid_request', error_description: 'sub and anchor are needed' });
      return;
    }
    if (deps.anchorOf(sub)?.entityId !== wanted) {
      response.status(404).json({ error: 'not_found', error_description: 'no entity that we deal with' });
      return;
    }
    const jwt = await deps.parties.resolveAnswer(party, sub, wanted, PROVIDER_TYPE);
    if (jwt === null) {
      response.status(400).json({ error: 'temporarily_unavailable', error_description: 'the chain cannot be had now' });
      return;
    }
    response.set('Cache-Control', `public, max-age=${KEPT_S}`).type('application/resolve-response+jwt').send(jwt);
  });
}

function partyOf(parties: RelyingParties, request: Request): RelyingParty {
  const party = parties.find(Number(request.params['municipalityId']));
  if (party === null) throw new HttpRefusal(404, 'no_such_page', 'Pagina non trovata');
  return party;
}
