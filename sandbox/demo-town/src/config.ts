import { parseArgs } from 'node:util';
import { parseServiceDate, type ServiceDate, serviceDateAt } from '@campanella/vocabulary';

/** Where the parts of the platform are reached. */
export interface Addresses {
  readonly anagrafica: readonly string[];
  readonly attendance: readonly string[];
  readonly ledger: readonly string[];
}

/** What Vallefinta's account at pagoPA depends on: where it runs. */
export interface CreditorPlace {
  readonly portalUrl: string;
  readonly brokerId: string;
  readonly stationId: string;
}

export type Command =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'seed';
      readonly addresses: Addresses;
      readonly today: ServiceDate;
      readonly days: number;
      readonly summary: string | null;
    }
  | {
      readonly kind: 'creditor';
      readonly billing: readonly string[];
      readonly creditor: CreditorPlace;
      readonly today: ServiceDate;
    }
  | {
      readonly kind: 'generate';
      readonly pupils: number;
      readonly municipalities: number;
      readonly firstMunicipalityId: number;
      readonly today: ServiceDate;
      readonly out: string | null;
      /** Where to load the town straight into; null to write files. */
      readonly loadInto: Addresses | null;
    };

export const HELP = `Invented municipalities for demonstrations and load tests. Deterministic; run again, it changes nothing.

  node sandbox/demo-town/src/main.ts seed [--summary <file>] [--today YYYY-MM-DD] [--days <count>]
      Puts Vallefinta (municipality 1: 3 schools, 600 pupils) and a month of history into a running platform.
  node sandbox/demo-town/src/main.ts creditor --billing <host:port> --portal <url> --broker <id> --station <id>
      Makes Vallefinta a creditor at pagoPA, lets its school meals be topped up and issues some documents.
  node sandbox/demo-town/src/main.ts generate --pupils <count> --out <folder>
      Writes towns of any size to files. With --load instead of --out: puts them into a running platform.
      [--municipalities <count>] shares the pupils among so many, numbered from [--first-municipality 1001].

Addresses, host:port, several by commas, from a flag or the environment:
  --anagrafica, ANAGRAFICA_ADDRESS    --attendance, ATTENDANCE_ADDRESSES    --ledger, LEDGER_ADDRESSES
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  summary: { type: 'string' },
  today: { type: 'string' },
  days: { type: 'string' },
  pupils: { type: 'string' },
  municipalities: { type: 'string' },
  'first-municipality': { type: 'string' },
  out: { type: 'string' },
  load: { type: 'boolean' },
  anagrafica: { type: 'string' },
  attendance: { type: 'string' },
  ledger: { type: 'string' },
  billing: { type: 'string' },
  portal: { type: 'string' },
  broker: { type: 'string' },
  station: { type: 'string' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

/**
 * Reads the command line and the environment.
 *
 * @throws Error with one sentence that says what to do about a wrong or missing argument
 */
export function readCommand(args: readonly string[], environment: NodeJS.ProcessEnv, now: Date): Command {
  const { values, positionals } = parse(args);
  const [command] = positionals;
  if (values.help === true || command === undefined) return { kind: 'help' };
  const today = takeDay(values.today, now);
  if (command === 'seed') {
    return {
      kind: 'seed',
      addresses: takeAddresses(values, environment),
      today,
      days: takeCount('--days', values.days, 20, 40),
      summary: values.summary ?? null,
    };
  }
  if (command === 'creditor') {
    const need = (flag: 'billing' | 'portal' | 'broker' | 'station'): string => {
      const value = values[flag];
      if (value === undefined || value === '') throw new Error(`creditor needs --${flag}; see --help`);
      return value;
    };
    return {
      kind: 'creditor',
      billing: need('billing').split(','),
      creditor: { portalUrl: need('portal'), brokerId: need('broker'), stationId: need('station') },
      today,
    };
  }
  if (command === 'generate') {
    const isLoad = values.load === true;
    if (isLoad === (values.out !== undefined)) throw new Error('generate takes either --out <folder> or --load');
    return {
      kind: 'generate',
      pupils: takeCount('--pupils', values.pupils, null, 1_000_000),
      municipalities: takeCount('--municipalities', values.municipalities, 1, 10_000),
      firstMunicipalityId: takeCount('--first-municipality', values['first-municipality'], 1_001, 1_000_000_000),
      today,
      out: values.out ?? null,
      loadInto: isLoad ? takeAddresses(values, environment) : null,
    };
  }
  throw new Error(`unknown command "${command}": it is seed, creditor or generate; see --help`);
}

function takeAddresses(values: Values, environment: NodeJS.ProcessEnv): Addresses {
  const take = (flag: 'anagrafica' | 'attendance' | 'ledger', name: string): readonly string[] => {
    const list = (values[flag] ?? environment[name] ?? '').split(',').filter((address) => address !== '');
    if (list.length === 0) throw new Error(`say where ${flag} is: --${flag} host:port, or ${name} in the environment`);
    return list;
  };
  return {
    anagrafica: take('anagrafica', 'ANAGRAFICA_ADDRESS'),
    attendance: take('attendance', 'ATTENDANCE_ADDRESSES'),
    ledger: take('ledger', 'LEDGER_ADDRESSES'),
  };
}

function takeDay(text: string | undefined, now: Date): ServiceDate {
  if (text === undefined) return serviceDateAt(now);
  const day = parseServiceDate(text);
  if (day === null) throw new Error('--today takes a calendar day, YYYY-MM-DD');
  return day;
}

function takeCount(flag: string, text: string | undefined, otherwise: number | null, max: number): number {
  const count = text === undefined ? otherwise : Number(text);
  if (count === null || !Number.isInteger(count) || count < 1 || count > max) {
    throw new Error(`${flag} takes a whole number from 1 to ${max}`);
  }
  return count;
}
