import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { MealCharge, MealRecorded } from '@campanella/proto/events/v1/events';
import { callUnary } from '@campanella/service-kit';
import { eventually, freePort, type RunningPart, startProcess } from '@campanella/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import { type Guardian, guardianOf } from './guardian.ts';
import { receiptRequest, send } from './node.ts';
import { type RunningBilling, runBilling } from './running-billing.ts';
import { GUARDIAN_CODE, PUPIL, RULES, town } from './town.ts';

const ADDRESS = 'famiglia@posta.example';
let mailbox: { url: string; part: RunningPart };
let billing: RunningBilling;
let guardian: Guardian;

beforeAll(async () => {
  const [http, smtp, ops] = [await freePort(), await freePort(), await freePort()];
  const part = await startProcess({
    entry: fileURLToPath(new URL('../../../sandbox/messages/src/main.ts', import.meta.url)),
    environment: { HTTP_PORT: String(http), SMTP_PORT: String(smtp), OPS_PORT: String(ops), APP_IO_KEY: 'k' },
    readyUrl: `http://127.0.0.1:${ops}/ready`,
  });
  mailbox = { url: `http://127.0.0.1:${http}`, part };
  billing = await runBilling({
    ...{ SMTP_URL: `smtp://127.0.0.1:${smtp}`, MAIL_FROM: 'Comune di Prova <noreply@comune.esempio.example>' },
    ...{ APP_IO_URL: `${mailbox.url}/app-io`, APP_IO_KEY: 'k', NOTIFY_EVERY_MS: '100' },
  });
  guardian = await guardianOf(billing);
  // The second pupil's invoices go nowhere else.
  const { enrolments, ...known } = town();
  const addressed = enrolments.map((one) => (one.pupilId === PUPIL.first ? { ...one, invoiceEmail: ADDRESS } : one));
  await callUnary(billing.registry, 'put', { ...known, enrolments: addressed }, { deadlineMs: 10_000 });
}, 180_000);

afterAll(async () => {
  await billing?.close();
  await mailbox?.part.kill('SIGTERM');
}, 60_000);

interface Message {
  readonly channel: string;
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  readonly messageId: string | null;
}

const messages = async (): Promise<Message[]> =>
  JSON.parse(await (await fetch(`${mailbox.url}/messages`)).text()).messages;
const behave = (behaviour: object) =>
  fetch(`${mailbox.url}/behaviour`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(behaviour),
  });

async function topUp(pupilId: string): Promise<string> {
  const { body } = await guardian.order({ pupilId });
  const { noticeNumber, orderId } = body;
  await send(billing.nodeUrl, receiptRequest({ noticeNumber, receiptId: randomUUID(), amount: '20.00' }));
  return orderId;
}

/** Waits until both messages of a fact have come to their ends. */
const endOf = (subjectId: string) =>
  eventually(
    async () => {
      const { rows } = await billing.database.query(
        `select channel, state from notifications where subject_id = $1 and kind = 'top_up_credited'`,
        [subjectId],
      );
      const states = Object.fromEntries(rows.map(({ channel, state }) => [channel, state]));
      return rows.length === 2 && !Object.values(states).includes('waiting') && states;
    },
    { withinMs: 30_000 },
  );

test('a credited top-up is told once by mail and once by App IO, without amount, name or code', async () => {
  const orderId = await topUp(PUPIL.first);
  expect(await endOf(orderId)).toEqual({ app_io: 'sent', mail: 'sent' });
  const [mail, ...more] = (await messages()).filter(({ messageId }) => messageId?.includes(orderId));
  expect(more).toEqual([]);
  expect(mail).toMatchObject({ to: ADDRESS, subject: 'Ricarica accreditata sul conto dei servizi scolastici' });
  const io = (await messages()).filter(({ channel }) => channel === 'app_io');
  expect(io.map(({ to, subject }) => [to, subject])).toEqual([[GUARDIAN_CODE, mail?.subject]]);
  for (const { subject, body } of [...io, ...(mail === undefined ? [] : [mail])]) {
    expect(`${subject}${body}`).not.toMatch(/Zefiro|Nuvola|20,00|PRVZFR/);
  }
}, 60_000);

test('where no address is known no mail is sent; who does not receive by App IO gets nothing there', async () => {
  await behave({ deaf: [GUARDIAN_CODE] });
  const before = (await messages()).length;
  expect(await endOf(await topUp(PUPIL.second))).toEqual({ app_io: 'nowhere', mail: 'nowhere' });
  expect(await messages()).toHaveLength(before);
  await behave({ deaf: [] });
}, 60_000);

test('what is away is asked again until it takes the message; what refuses it parks it, for people to see', async () => {
  await behave({ mail: 'refuses', appIo: 'away' });
  const orderId = await topUp(PUPIL.first);
  await eventually(
    async () => {
      const { rows } = await billing.database.query(
        `select state, attempts from notifications where subject_id = $1 order by channel`,
        [orderId],
      );
      return rows[0]?.attempts >= 1 && rows[0]?.state === 'waiting' && rows[1]?.state === 'parked';
    },
    { withinMs: 30_000 },
  );
  await behave({ mail: 'takes', appIo: 'takes' });
  expect(await endOf(orderId)).toEqual({ app_io: 'sent', mail: 'parked' });
  expect(billing.output()).toContain('a message could not be sent');
  expect(billing.output()).not.toContain(ADDRESS);
}, 60_000);

test('who eats on little credit is told once, and again only after another payment', async () => {
  await callUnary(billing.office, 'putTopUpRules', { ...RULES, lowCreditCents: 100_000 }, { deadlineMs: 10_000 });
  const connection = await connect(billing.amqpUrl);
  const channel = await connection.createConfirmChannel();
  /** As attendance tells it. */
  const eat = async () => {
    const meal = {
      ...{ swipeId: randomUUID(), pupilId: PUPIL.first, service: 'school_meals', serviceDate: '2026-11-23' },
      ...{ occurredAtMs: 0, amountCents: 520, charge: MealCharge.DEBITED, transferId: randomUUID() },
    };
    const body = Buffer.from(MealRecorded.encode({ municipalityId: 1, meals: [meal] }).finish());
    const about = { messageId: randomUUID(), type: 'attendance.meal_recorded.v1' };
    channel.publish('campanella.events', 'attendance.meal_recorded.v1', body, about);
    await channel.waitForConfirms();
    // The message is taken, and the balance was looked at, when both tables say so.
    await eventually(
      async () => {
        const { rows } = await billing.database.query(
          `select (select count(*) from processed_messages where message_id = $1)::int as taken,
             (select count(*) from credit_checks)::int as left`,
          [about.messageId],
        );
        return rows[0].taken === 1 && rows[0].left === 0;
      },
      { withinMs: 30_000 },
    );
  };
  const alerts = async () =>
    (
      await billing.database.query(
        `select subject_id from notifications where kind = 'low_credit' and channel = 'mail'`,
      )
    ).rows;
  await eat();
  await eat();
  expect(await alerts()).toHaveLength(1);
  const orderId = await topUp(PUPIL.first);
  await endOf(orderId);
  await eat();
  await eat();
  expect((await alerts()).map((row) => row['subject_id'])).toContain(orderId);
  expect(await alerts()).toHaveLength(2);
  expect(await endOf(orderId)).toMatchObject({ mail: 'sent' });
  await connection.close();
}, 120_000);
