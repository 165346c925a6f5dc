import { type ControlCommand, runControl } from '@campanella/local-stores';

/** How test files find the servers that the run started: JSON in the environment, written by the global set-up. */
export const SHARED_STORES = 'CAMPANELLA_TEST_STORES';

export interface SharedStoresRecord {
  readonly postgresUrl: string;
  readonly rabbitUrl: string;
  readonly rabbitControl: ControlCommand;
}

export interface SharedStores {
  readonly postgresUrl: string;
  readonly rabbitUrl: string;
  readonly rabbitControl: (...words: readonly string[]) => string;
}

/** The servers shared by this run's test files. @throws Error outside a run that started them */
export function sharedStores(): SharedStores {
  const text = process.env[SHARED_STORES];
  if (text === undefined)
    throw new Error('the shared test servers are not there: run this test through jest’s integration project');
  const record: SharedStoresRecord = JSON.parse(text);
  return { ...record, rabbitControl: (...words) => runControl(record.rabbitControl, words) };
}
