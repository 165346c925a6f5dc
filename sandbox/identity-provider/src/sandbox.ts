import { demoCitizens } from '@campanella/sandbox-demo-town/citizens';
import type { Logger } from '@campanella/service-kit';
import express from 'express';
import { behaviours } from './behaviours.ts';
import { controlApp } from './control-app.ts';
import { type EidProvider, eidProvider } from './eid/eid-provider.ts';
import { eidRoutes } from './eid/eid-routes.ts';
import { providerPolicy } from './eid/prescribed-policies.ts';
import { relyingParties } from './eid/relying-parties.ts';
import { readRelyingParty } from './eid/relying-party-membership.ts';
import { makeSigningKey, type SigningKey } from './federation/keys.ts';
import { type Member, type TrustAnchor, trustAnchor } from './federation/trust-anchor.ts';
import { interactionRoutes } from './interaction-routes.ts';
import { type AnchorPlan, anchors, type ProviderPlan, providers } from './landscape.ts';
import { logo, PAGE_HEADERS, policyPage, STYLE, STYLE_PATH } from './pages.ts';
import { openidProvider, type ProviderOptions } from './provider.ts';
import { TEXT } from './texts.ts';

export interface SandboxOptions {
  /** As browsers and relying parties reach it, without a slash at its end. */
  readonly base: string;
  readonly logger: Logger;
  /** The plain provider's one relying party. */
  readonly plain: Omit<ProviderOptions, 'issuer' | 'citizens' | 'key'>;
  /** Entity ids that are onboarded in both federations. */
  readonly relyingParties: readonly string[];
  readonly statementLifetimeS: number;
}

interface ProviderInUse {
  readonly plan: ProviderPlan;
  readonly id: string;
  readonly federationKey: SigningKey;
  readonly provider: EidProvider;
}

/**
 * Makes the whole sandbox: the plain provider at the base, two federations with their providers under it, and what scripts them.
 * Keys are made here, all at once.
 */
export async function identitySandbox(
  options: SandboxOptions,
): Promise<{ app: express.Express; control: express.Express }> {
  const { base, logger } = options;
  const [plainKey, anchorKeys, inUse] = await Promise.all([
    makeSigningKey(),
    Promise.all(anchors.map(makeSigningKey)),
    Promise.all(providers.map((plan) => makeProvider(plan, options))),
  ]);
  const trustAnchors = new Map(
    anchors.map((plan, index) => [plan.name, makeAnchor(plan, anchorKeys[index] ?? plainKey, inUse, options)]),
  );
  const scripted = behaviours([...anchors, ...providers].map(({ name }) => name));

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get(STYLE_PATH, (_request, response) => {
    response.type('css').set('cache-control', 'max-age=3600').send(STYLE);
  });
  for (const plan of anchors) {
    const anchor = trustAnchors.get(plan.name);
    if (anchor === undefined) continue;
    app.use(plan.path, scripted.middleware(plan.name), organizationRoutes(plan.organizationName), anchor.router);
  }
  for (const { plan, id, federationKey, provider } of inUse) {
    const anchor = trustAnchors.get(plan.anchor);
    if (anchor === undefined) throw new RangeError(`${plan.name} is under no anchor`);
    app.use(
      plan.path,
      scripted.middleware(plan.name),
      organizationRoutes(plan.organizationName),
      eidRoutes({
        id,
        scheme: plan.scheme,
        provider,
        federationKey,
        anchor,
        organization: organizationOf(base, plan),
        known: [id, ...options.relyingParties],
        statementLifetimeS: options.statementLifetimeS,
      }),
      interactionRoutes({
        provider: provider.current,
        name: plan.organizationName,
        citizens: demoCitizens,
        outcomes: plan.outcomes,
      }),
      (request, response) => provider.current().callback()(request, response),
    );
  }
  const plain = openidProvider({ ...options.plain, issuer: base, citizens: demoCitizens, key: plainKey });
  plain.on('server_error', (_ctx, error) => logger.error({ err: error }, 'the provider failed on a request'));
  app.use(interactionRoutes({ provider: () => plain, name: TEXT.title, citizens: demoCitizens, outcomes: [] }));
  app.use(plain.callback());

  const eidProviders = new Map(inUse.map(({ plan, provider }) => [plan.name, provider]));
  return { app, control: controlApp({ logger, behaviours: scripted, providers: eidProviders }) };
}

async function makeProvider(plan: ProviderPlan, options: SandboxOptions): Promise<ProviderInUse> {
  const [federationKey, key] = await Promise.all([makeSigningKey(), makeSigningKey()]);
  const id = options.base + plan.path;
  const anchor = anchors.find(({ name }) => name === plan.anchor);
  const provider = eidProvider({
    name: plan.name,
    issuer: id,
    scheme: plan.scheme,
    key,
    relyingParties: relyingParties({
      onboarded: new Set(options.relyingParties),
      anchor: options.base + (anchor?.path ?? ''),
    }),
    onFault: (error) => options.logger.error({ err: error, provider: plan.name }, 'the provider failed on a request'),
  });
  return { plan, id, federationKey, provider };
}

function makeAnchor(
  plan: AnchorPlan,
  key: SigningKey,
  inUse: readonly ProviderInUse[],
  options: SandboxOptions,
): TrustAnchor {
  const id = options.base + plan.path;
  const providerMembers = inUse
    .filter((provider) => provider.plan.anchor === plan.name)
    .map(
      ({ plan: member, id: memberId, federationKey, provider }): Member => ({
        id: memberId,
        entityType: 'openid_provider',
        trustMark: member.isPublic ? 'openid_provider/public' : 'openid_provider/private',
        read: async () => ({
          federationKeys: { keys: [federationKey.publicJwk] },
          metadataPolicy: providerPolicy(member.scheme, { keys: [...provider.keys()] }),
          organizationName: member.organizationName,
          email: member.email,
        }),
      }),
    );
  const relyingPartyMembers = options.relyingParties.map(
    (memberId): Member => ({
      id: memberId,
      entityType: 'openid_relying_party',
      trustMark: 'openid_relying_party/public',
      read: () => readRelyingParty(memberId, id, plan.scheme),
    }),
  );
  return trustAnchor({
    id,
    key,
    organization: organizationOf(options.base, plan),
    members: [...providerMembers, ...relyingPartyMembers],
    statementLifetimeS: options.statementLifetimeS,
  });
}

function organizationOf(base: string, plan: AnchorPlan | ProviderPlan) {
  const id = base + plan.path;
  return {
    organization_name: plan.organizationName,
    homepage_uri: `${id}/policy`,
    policy_uri: `${id}/policy`,
    logo_uri: `${id}/logo.svg`,
    contacts: [plan.email],
  };
}

function organizationRoutes(name: string): express.Router {
  const router = express.Router();
  router.get('/logo.svg', (_request, response) => {
    response.type('svg').set('cache-control', 'max-age=3600').send(logo(name));
  });
  router.get('/policy', (_request, response) => {
    response.set(PAGE_HEADERS).type('html').send(policyPage(name));
  });
  return router;
}
