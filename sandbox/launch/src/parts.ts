import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort } from '@campanella/local-stores';
import type { PartToStart } from './children.ts';
import { ROOT } from './places.ts';
import type { DemoCards, DemoSummary, DemoTerminal, ServiceAddresses } from './run-record.ts';
import type { Secrets } from './secrets.ts';

/** Services with a database of their own, which is named like them. */
export const DATABASES = ['identity', 'anagrafica', 'attendance', 'ledger', 'billing'] as const;
export type DatabaseName = (typeof DATABASES)[number];

export interface StoreUrls {
  readonly postgresUrl: string;
  readonly databaseUrls: Readonly<Record<DatabaseName, string>>;
  readonly redisUrl: string;
  readonly amqpUrl: string;
}

type ServiceName = DatabaseName | 'gateway' | 'identity-provider' | 'pagopa-node' | 'messages';
export type Ports = Readonly<
  Record<ServiceName, { readonly grpc: number; readonly http: number; readonly ops: number }>
>;

/** Free ports for every service. */
export async function choosePorts(gatewayPort: number): Promise<Ports> {
  const three = async () => ({ grpc: await freePort(), http: await freePort(), ops: await freePort() });
  const [identity, anagrafica, attendance, ledger, billing, provider, node, messages, gateway] = [
    await three(),
    await three(),
    await three(),
    await three(),
    await three(),
    await three(),
    await three(),
    await three(),
    await three(),
  ];
  return {
    identity,
    anagrafica,
    attendance,
    ledger,
    billing,
    'identity-provider': provider,
    'pagopa-node': node,
    messages,
    gateway: { ...gateway, http: gatewayPort },
  };
}

/** What every part's environment is made of. */
export interface Wiring {
  readonly ports: Ports;
  /** Where the gateway asks for a card. */
  readonly cardPort: number;
  readonly cards: DemoCards;
  /** Where billing waits for the pagoPA node. */
  readonly nodePort: number;
  readonly stores: StoreUrls;
  readonly secrets: Secrets;
  /** Where the documents of pupils are kept. */
  readonly documentFolder: string;
}

const at = (port: number) => `127.0.0.1:${port}`;
const httpAt = (port: number) => `http://${at(port)}`;

function common({ ports }: Wiring, name: ServiceName): Record<string, string> {
  const { grpc, http, ops } = ports[name];
  return { GRPC_PORT: String(grpc), HTTP_PORT: String(http), OPS_PORT: String(ops) };
}

/** The services, with what each needs to be ready before it. Addresses alone make this the sandbox: no part knows that it is one. */
export function serviceParts(wiring: Wiring): readonly (PartToStart & { readonly needs: readonly string[] })[] {
  const { ports, stores, secrets, cards } = wiring;
  // 127.0.0.1 alone: a provider refuses callbacks of a web client on "localhost".
  const hosts = { [at(ports.gateway.http)]: 1 };
  const gatewayUrls = Object.keys(hosts).map((host) => `http://${host}`);
  const callbacks = {
    REDIRECT_URIS: gatewayUrls.map((url) => `${url}/login/callback`).join(','),
    POST_LOGOUT_REDIRECT_URIS: gatewayUrls.map((url) => `${url}/`).join(','),
  };
  const jwks = { IDENTITY_JWKS_URL: `${httpAt(ports.identity.http)}/.well-known/jwks.json` };
  const providers = httpAt(ports['identity-provider'].http);
  const federations = { spid: `${providers}/agid`, cie: `${providers}/interno` };
  const service = (name: DatabaseName, needs: readonly string[], environment: Readonly<Record<string, string>>) => ({
    name,
    needs,
    entry: `services/${name}/src/main.ts`,
    readyUrl: `${httpAt(ports[name].ops)}/ready`,
    environment: { ...common(wiring, name), DATABASE_URL: stores.databaseUrls[name], ...environment },
  });
  return [
    {
      name: 'identity-provider',
      needs: [],
      entry: 'sandbox/identity-provider/src/main.ts',
      readyUrl: `${httpAt(ports['identity-provider'].ops)}/ready`,
      environment: {
        ...common(wiring, 'identity-provider'),
        CLIENT_JWKS_URL: `${httpAt(ports.identity.http)}/.well-known/openid-client-jwks.json`,
        RELYING_PARTIES: gatewayUrls.join(','),
        ...callbacks,
      },
    },
    service('anagrafica', [], {
      AMQP_URL: stores.amqpUrl,
      FIELD_KEY: secrets.fieldKey,
      DOCUMENT_STORE_URL: pathToFileURL(wiring.documentFolder).href,
      ...jwks,
    }),
    service('ledger', [], { AMQP_URL: stores.amqpUrl, REDIS_URL: stores.redisUrl, ...jwks }),
    // Providers that are there from the start are offered from the start.
    service('identity', ['identity-provider'], {
      ANAGRAFICA_ADDRESS: at(ports.anagrafica.grpc),
      FIELD_KEY: secrets.fieldKey,
      PERSON_HASH_KEY: secrets.personHashKey,
      SIGN_IN_PROVIDERS: JSON.stringify([
        { key: 'spid', kind: 'spid', trustAnchor: federations.spid },
        { key: 'cie', kind: 'cie', trustAnchor: federations.cie },
        {
          key: 'regione',
          kind: 'openid',
          issuer: providers,
          clientId: 'campanella',
          acrValues: ['https://www.spid.gov.it/SpidL2'],
        },
        { key: 'cns', kind: 'certificate', certificateUrl: cardUrl(wiring) },
        { key: 'company', kind: 'company' },
      ]),
      CNS_CA_FILE: cards.authorityFile,
      RELYING_PARTIES: JSON.stringify(gatewayUrls.map((url) => relyingParty(url, Object.values(federations)))),
      ALLOW_INSECURE_LOOPBACK_ISSUERS: 'true',
      ...callbacks,
    }),
    service('attendance', ['anagrafica', 'ledger'], {
      AMQP_URL: stores.amqpUrl,
      FIELD_KEY: secrets.fieldKey,
      ANAGRAFICA_ADDRESS: at(ports.anagrafica.grpc),
      LEDGER_ADDRESSES: at(ports.ledger.grpc),
      ...jwks,
    }),
    service('billing', ['anagrafica', 'attendance', 'ledger'], {
      AMQP_URL: stores.amqpUrl,
      FIELD_KEY: secrets.fieldKey,
      ANAGRAFICA_ADDRESS: at(ports.anagrafica.grpc),
      ATTENDANCE_ADDRESS: at(ports.attendance.grpc),
      LEDGER_ADDRESSES: at(ports.ledger.grpc),
      PAGOPA_PORT: String(wiring.nodePort),
      CHECKOUT_CARTS_URL: `${httpAt(ports['pagopa-node'].http)}/checkout/ec/v2/carts`,
      CHECKOUT_KEY: secrets.checkoutKey,
      SMTP_URL: `smtp://${at(ports.messages.grpc)}`,
      MAIL_FROM: 'Comune di Vallefinta <noreply@vallefinta.example>',
      APP_IO_URL: `${httpAt(ports.messages.http)}/app-io`,
      APP_IO_KEY,
      ACA_URL: `${httpAt(ports['pagopa-node'].http)}/aca/v1`,
      ACA_KEY: secrets.checkoutKey,
      GPD_URL: `${httpAt(ports['pagopa-node'].http)}/gpd/debt-positions-service/v1`,
      GPD_KEY: secrets.checkoutKey,
      ...jwks,
    }),
    {
      name: 'messages',
      needs: [],
      entry: 'sandbox/messages/src/main.ts',
      readyUrl: `${httpAt(ports.messages.ops)}/ready`,
      // What a service calls its gRPC port is the stand-in's mail server.
      environment: { ...common(wiring, 'messages'), SMTP_PORT: String(ports.messages.grpc), APP_IO_KEY },
    },
    {
      name: 'pagopa-node',
      needs: [],
      entry: 'sandbox/pagopa-node/src/main.ts',
      readyUrl: `${httpAt(ports['pagopa-node'].ops)}/ready`,
      environment: {
        ...common(wiring, 'pagopa-node'),
        // What a service calls its gRPC port is the stand-in's control.
        CONTROL_PORT: String(ports['pagopa-node'].grpc),
        STATION_URL: `${httpAt(wiring.nodePort)}/pagopa/pa-for-node`,
        BROKER_ID: CREDITOR.brokerId,
        STATION_ID: CREDITOR.stationId,
        CHECKOUT_KEY: secrets.checkoutKey,
      },
    },
    {
      name: 'gateway',
      needs: ['identity', 'anagrafica'],
      entry: 'gateway/src/main.ts',
      readyUrl: `${httpAt(ports.gateway.ops)}/ready`,
      environment: {
        PORT: String(ports.gateway.http),
        OPS_PORT: String(ports.gateway.ops),
        PUBLIC_SCHEME: 'http',
        MUNICIPALITY_HOSTS: JSON.stringify(hosts),
        REDIS_URL: `${stores.redisUrl}/1`,
        IDENTITY_ADDRESS: at(ports.identity.grpc),
        IDENTITY_HTTP_URL: httpAt(ports.identity.http),
        ANAGRAFICA_ADDRESS: at(ports.anagrafica.grpc),
        ANAGRAFICA_HTTP_URL: httpAt(ports.anagrafica.http),
        ATTENDANCE_HTTP_URL: httpAt(ports.attendance.http),
        LEDGER_HTTP_URL: httpAt(ports.ledger.http),
        BILLING_HTTP_URL: httpAt(ports.billing.http),
        PORTAL_DIR: join(ROOT, 'portal', 'dist'),
        CNS_PORT: String(wiring.cardPort),
        CNS_TLS_CERT_FILE: cards.server.certificateFile,
        CNS_TLS_KEY_FILE: cards.server.keyFile,
        CNS_CA_FILE: cards.authorityFile,
        CNS_CRL_FILE: cards.revokedFile,
      },
    },
  ];
}

/** Both ends of it are this machine's own. */
const APP_IO_KEY = 'sandbox';

/** The invented intermediary and station of Vallefinta at pagoPA. */
export const CREDITOR = { brokerId: '99999000013', stationId: '99999000013_01' };

/** Origin of the gateway's listener that asks for a card. */
export function cardUrl({ cardPort }: Pick<Wiring, 'cardPort'>): string {
  return `https://${at(cardPort)}`;
}

/** What Vallefinta is in the federations of SPID and CIE. */
function relyingParty(url: string, authorityHints: readonly string[]): object {
  return {
    municipalityIds: [1],
    clientId: url,
    organizationName: 'Comune di Vallefinta',
    homepageUri: url,
    policyUri: `${url}/privacy`,
    logoUri: `${url}/logo.svg`,
    contacts: ['protocollo@pec.vallefinta.example'],
    authorityHints,
    ipaCode: 'c_demo',
  };
}

/** A canteen: a virtual reader on a serial port, and the agent that reads it. */
export async function canteenParts(
  wiring: Wiring,
  folder: string,
  terminal: DemoSummary['terminals'][number],
  index: number,
): Promise<{ readonly reader: PartToStart; readonly agent: PartToStart; readonly terminal: DemoTerminal }> {
  const [control, screen, ops] = [await freePort(), await freePort(), await freePort()];
  const serialDevice = join(folder, 'readers', `reader-${index + 1}`);
  const { schoolId, schoolName } = terminal;
  return {
    terminal: { schoolId, schoolName, screenUrl: httpAt(screen), readerControl: String(control), serialDevice },
    reader: {
      name: `badge-reader-${index + 1}`,
      entry: 'sandbox/badge-reader/src/main.ts',
      words: ['serve', '--link', serialDevice, '--control', String(control)],
      environment: {},
      readyText: 'badge reader ready',
    },
    agent: {
      name: `edge-agent-${index + 1}`,
      entry: 'edge-agent/src/main.ts',
      readyUrl: `${httpAt(ops)}/ready`,
      environment: {
        OPS_PORT: String(ops),
        SCREEN_PORT: String(screen),
        SERIAL_READERS: serialDevice,
        TERMINAL_ID: terminal.terminalId,
        TERMINAL_KEY: terminal.key,
        MUNICIPALITY_ID: '1',
        SCHOOL_ID: schoolId,
        ATTENDANCE_ADDRESSES: at(wiring.ports.attendance.grpc),
        DATA_FOLDER: join(folder, 'data', `terminal-${index + 1}`),
        FIELD_KEY: wiring.secrets.fieldKey,
      },
    },
  };
}

/** The services' addresses, as run.json tells them. */
export function addressesOf(ports: Ports): Record<string, ServiceAddresses[]> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, { grpc, http, ops }]) => [
      name,
      [{ ...(DATABASES.some((one) => one === name) ? { grpc: at(grpc) } : {}), http: httpAt(http), ops: httpAt(ops) }],
    ]),
  );
}
