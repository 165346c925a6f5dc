import type { ChargeServiceServer } from '@campanella/proto/attendance/v1/charges';
import { GrpcRefusal, unaryHandler } from '@campanella/service-kit';
import {
  daysBetween,
  type MunicipalityId,
  type PupilId,
  parseId,
  parseNumberId,
  parseServiceCode,
  parseServiceDate,
} from '@campanella/vocabulary';
import { status } from '@grpc/grpc-js';
import type { ChargeReader } from '../app/invoiced-charges.ts';

const DAYS_MAX = 31;
const EARLIER_DAYS_MAX = 400;
const PAGE_SIZE_MAX = 500;
const INSTANT_MS_MAX = 8_640_000_000_000_000;

/** Tells the billing run what invoiced meals cost; see the contract for what the call promises. */
export function chargeService(reader: ChargeReader): ChargeServiceServer {
  return {
    listInvoicedCharges: unaryHandler(async (request) => {
      const from = take(parseServiceDate(request.from), 'from must be a calendar day, YYYY-MM-DD');
      const until = take(parseServiceDate(request.until), 'until must be a calendar day, YYYY-MM-DD');
      const earlierFrom = take(
        parseServiceDate(request.earlierFrom),
        'earlier_from must be a calendar day, YYYY-MM-DD',
      );
      if (until < from || daysBetween(from, until) >= DAYS_MAX)
        throw malformed(`from..until must be 1 to ${DAYS_MAX} days`);
      if (earlierFrom > from || daysBetween(earlierFrom, from) > EARLIER_DAYS_MAX) {
        throw malformed(`earlier_from must be at most ${EARLIER_DAYS_MAX} days before from`);
      }
      const { pageSize } = request;
      if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > PAGE_SIZE_MAX) {
        throw malformed(`page_size must be 1 to ${PAGE_SIZE_MAX}`);
      }
      const page = await reader.listInvoiced({
        ...{ from, until, earlierFrom, pageSize },
        municipalityId: take(
          parseNumberId<MunicipalityId>(request.municipalityId),
          'municipality_id must be a positive whole number',
        ),
        service: take(parseServiceCode(request.service), 'service must be 2 to 40 lower-case letters and underscores'),
        changedSince: takeInstant(request.changedSinceMs, 'changed_since_ms'),
        asOf: takeInstant(request.asOfMs, 'as_of_ms'),
        afterPupilId:
          request.afterPupilId === ''
            ? null
            : take(parseId<PupilId>(request.afterPupilId), 'after_pupil_id must be a UUID in lower case'),
      });
      return {
        pupils: page.pupils.map(({ pupilId, charges }) => ({
          pupilId,
          charges: charges.map(({ serviceDate, amountCents, isCorrected }) => ({
            ...{ serviceDate, amountCents, corrected: isCorrected },
          })),
        })),
        nextAfterPupilId: page.nextAfter ?? '',
      };
    }),
  };
}

function takeInstant(value: number, field: string): Date {
  if (!Number.isSafeInteger(value) || value < 0 || value > INSTANT_MS_MAX) {
    throw malformed(`${field} must be milliseconds since 1970`);
  }
  return new Date(value);
}

function take<Value>(value: Value | null, message: string): Value {
  if (value === null) throw malformed(message);
  return value;
}

function malformed(message: string): GrpcRefusal {
  return new GrpcRefusal(status.INVALID_ARGUMENT, 'malformed', message);
}
