import {
  type FileDocumentRequest,
  type PutRequest,
  RegistryServiceService,
} from '@campanella/proto/anagrafica/v1/registry';
import { OfficeServiceService } from '@campanella/proto/attendance/v1/office';
import {
  type ConnectRequest,
  type ConnectResponse,
  SwipeOutcome,
  TerminalServiceService,
} from '@campanella/proto/attendance/v1/terminal';
import { LedgerServiceService, type OpenAccountRequest, type Transfer } from '@campanella/proto/ledger/v1/ledger';
import { createLogger, grpcServer, unaryHandler } from '@campanella/service-kit';
import { serviceDate } from '@campanella/vocabulary';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { afterEach, expect, test } from '@jest/globals';
import { openPlatform } from '../src/platform.ts';
import { seed } from '../src/seed.ts';

const toClose: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});

/** A platform that takes everything and keeps what it was sent, by id, with how often each came. */
async function recordingPlatform() {
  const records = new Map<string, string>();
  const transfers = new Map<string, Transfer>();
  const swipes = new Map<string, string>();
  const calls: string[] = [];
  const pupilsBySchool = new Map<string, string[]>();
  let unavailableOnce = true;
  const account = (request: OpenAccountRequest) => ({
    ...request,
    accountId:
      1 + [...request.ownerId].reduce((sum, one, index) => (sum * 31 + one.charCodeAt(0) * (index + 1)) % 1e12, 7),
    shard: 0,
    balanceCents: 100,
  });
  const put = unaryHandler(async (request: PutRequest) => {
    const classes = new Map<string, string>();
    for (const one of request.classes) classes.set(one.classId, one.schoolId);
    for (const [id, schoolId] of classes) records.set(`class ${id}`, schoolId);
    for (const pupil of request.pupils) {
      const schoolId = records.get(`class ${pupil.classId}`) ?? '';
      pupilsBySchool.set(schoolId, [...(pupilsBySchool.get(schoolId) ?? []), pupil.pupilId]);
      records.set(`pupil ${pupil.pupilId}`, JSON.stringify(pupil));
    }
    for (const badge of request.badges) records.set(`badge ${badge.badgeId}`, JSON.stringify(badge));
    for (const enrolment of request.enrolments)
      records.set(`enrolment ${enrolment.enrolmentId}`, JSON.stringify(enrolment));
    return { stored: true, changedCount: 0, directoryVersion: 1, refusals: [] };
  });
  const fileDocument = unaryHandler(async ({ documentId, content }: FileDocumentRequest) => {
    const earlier = records.get(`document ${documentId}`) ?? content.toString('base64');
    records.set(`document ${documentId}`, content.toString('base64'));
    // As anagrafica does: other bytes under the same id are refused.
    return { filed: earlier === content.toString('base64'), refusalKind: '', refusalField: '' };
  });
  const note = (name: string) =>
    unaryHandler(async () => {
      calls.push(name);
      return {};
    });
  const connect = (stream: ServerDuplexStream<ConnectRequest, ConnectResponse>): void => {
    stream.on('data', ({ message }: ConnectRequest) => {
      if (message?.$case === 'hello') {
        const known = pupilsBySchool.get(message.value.schoolId) ?? [];
        const welcome = { terminalName: '', schoolName: '', municipalityName: '', platformClockMs: 0, windowMax: 400 };
        stream.write({ message: { $case: 'welcome', value: welcome } });
        const pupils = known.map((pupilId) => ({
          pupilId,
          displayName: '',
          className: '',
          dietCode: '',
          diets: [],
          badges: [],
          enrolments: [],
        }));
        const value = { version: 1, snapshot: true, lastPage: true, pupils, removedPupilIds: [] };
        stream.write({ message: { $case: 'directory', value } });
      }
      if (message?.$case === 'swipes') {
        for (const swipe of message.value.swipes) swipes.set(swipe.swipeId, JSON.stringify(swipe));
        const results = message.value.swipes.map(({ swipeId }) => ({ swipeId, outcome: SwipeOutcome.RECORDED }));
        stream.write({ message: { $case: 'results', value: { results } } });
      }
    });
    stream.on('end', () => stream.end());
  };
  const server = grpcServer({
    host: '127.0.0.1',
    port: 0,
    logger: createLogger({ service: 'test', level: 'error' }),
    services: [
      { definition: RegistryServiceService, implementation: { put, fileDocument } },
      {
        definition: OfficeServiceService,
        implementation: {
          registerTerminal: note('terminal'),
          putServiceDays: note('days'),
          putMenuRotation: note('menus'),
          putClosedDays: note('closed days'),
          putAbsenceRules: note('rules'),
        },
      },
      { definition: TerminalServiceService, implementation: { connect } },
      {
        definition: LedgerServiceService,
        implementation: {
          openAccount: unaryHandler(async (request: OpenAccountRequest) => ({ account: account(request) })),
          openAccounts: unaryHandler(async (request: { accounts: OpenAccountRequest[] }) => ({
            accounts: request.accounts.map(account),
          })),
          postTransfer: unaryHandler(async ({ transfer }: { transfer?: Transfer }) => {
            if (transfer === undefined) throw new Error('a transfer is sent');
            if (unavailableOnce) {
              unavailableOnce = false;
              const reason = { $case: 'unavailable' as const, value: { reason: 'restarting' } };
              return { outcome: { transferId: transfer.transferId, outcome: reason } };
            }
            transfers.set(transfer.transferId, transfer);
            return {
              outcome: { transferId: transfer.transferId, outcome: { $case: 'accepted' as const, value: { seq: 1 } } },
            };
          }),
          getBalances: unaryHandler(async () => ({ accounts: [], asOfMs: 0 })),
        },
      },
    ],
  });
  await server.start();
  toClose.push(() => server.stop());
  const addresses = [server.address];
  const platform = openPlatform({ anagrafica: addresses, attendance: addresses, ledger: addresses });
  toClose.push(() => platform.close());
  return { platform, records, transfers, swipes, calls };
}

test('a second run sends the same content under the same ids; a later day adds to it', async () => {
  const sent = await recordingPlatform();
  const lines: string[] = [];
  const request = { today: serviceDate('2026-11-23'), days: 20 };
  const first = await seed(sent.platform, request, (line) => lines.push(line));
  const before = {
    records: new Map(sent.records),
    transfers: new Map(sent.transfers),
    swipes: new Map(sent.swipes),
  };
  expect(before.swipes.size).toBeGreaterThan(10_000);
  expect(before.transfers.size).toBeGreaterThan(900);
  expect(sent.calls.filter((call) => call === 'terminal')).toHaveLength(3);
  expect(lines.join('\n')).toMatch(
    /3 schools, 600 pupils[\s\S]*top-ups posted[\s\S]*swipes over 20 days: \d+ recorded/,
  );

  const second = await seed(sent.platform, request, () => undefined);
  expect(second).toEqual(first);
  expect(sent.records).toEqual(before.records);
  expect(sent.transfers).toEqual(before.transfers);
  expect(sent.swipes).toEqual(before.swipes);

  await seed(sent.platform, { today: serviceDate('2026-11-24'), days: 20 }, () => undefined);
  expect(sent.records).toEqual(before.records);
  const added = [...sent.swipes].filter(([swipeId]) => !before.swipes.has(swipeId));
  expect(added.length).toBeGreaterThan(500);
  expect(added.every(([, swipe]) => swipe.includes('"serviceDate":"2026-11-23"'))).toBe(true);
}, 60_000);

test('the summary names somebody for every case, and tells keys of terminals of the town only', async () => {
  const sent = await recordingPlatform();
  const summary = await seed(sent.platform, { today: serviceDate('2026-11-23'), days: 2 }, () => undefined);
  expect(summary.guardians.map(({ username, pupils }) => [username, pupils.length])).toEqual([
    ['aurora.esempio', 2],
    ['zefiro.prova', 3],
    ['nuvola.inventati', 1],
    ['lampo.difantasia', 1],
    ['brina.segnaposto', 1],
    ['orso.fittizi', 0],
  ]);
  const numbers = Object.values(summary.badges).map((badge) => badge.badgeNumber);
  expect(new Set([summary.badges.withDiet.badgeNumber, ...numbers]).size).toBe(6);
  expect(numbers.every((number) => /^[0-9A-F]{10}$/.test(number))).toBe(true);
  expect(summary.terminals.every((terminal) => /^[\w-]{43}$/.test(terminal.key))).toBe(true);
  expect(new Set(summary.terminals.map((terminal) => terminal.key)).size).toBe(3);
});
