import { HttpRefusal, identityOf, malformed, notFound, unavailable } from '@campanella/service-kit';
import { type Decision, type PupilId, parseId, type SchoolId, serviceCode, serviceDate } from '@campanella/vocabulary';
import type { Request, Response, Router } from 'express';
import type { CorrectionRefused, CorrectMeal, MealCorrection } from '../app/correct-meal.ts';
import { type DayPlace, dayReport, type KitchenStore, kitchenReport } from '../app/kitchen.ts';
import {
  type CorrectionAnswer,
  CorrectionBody,
  DayQuery,
  type DayTableAnswer,
  type KitchenAnswer,
  type SchoolsAnswer,
} from './kitchen-description.ts';
import { kitchenCsv, kitchenPage } from './kitchen-page.ts';
import { MESSAGES } from './messages.ts';

/** Days of a school for the kitchen and the office; to everybody else there is nothing here. */
export function kitchenRoutes(
  router: Router,
  deps: {
    readonly kitchen: KitchenStore;
    readonly correct: (command: CorrectMeal) => Promise<Decision<MealCorrection, CorrectionRefused>>;
    readonly clock: { now(): Date };
  },
): void {
  router.use('/api/attendance/office', (_request, response, next) => {
    staff(response, ['office', 'school']);
    next();
  });

  router.get('/api/attendance/office/schools', async (_request, response) => {
    const { municipalityId } = identityOf(response);
    const answer: SchoolsAnswer = { schools: [...(await deps.kitchen.listSchools(municipalityId))] };
    response.set('cache-control', 'no-store').json(answer);
  });

  const count = async (request: Request, response: Response): Promise<KitchenAnswer> => {
    const place = takePlace(request, response, ['office', 'school']);
    const report = await kitchenReport(deps.kitchen, place);
    if (!report.ok) throw notFound();
    const { cutOffAt, sittings, classes, ...rest } = report.value;
    const now = deps.clock.now();
    response.set('cache-control', 'no-store');
    return {
      ...rest,
      serviceDate: place.serviceDate,
      sittings: sittings.map((one) => ({ ...one, diets: [...one.diets] })),
      classes: classes.map((one) => ({ ...one, diets: [...one.diets] })),
      cutOffAt: cutOffAt?.toISOString() ?? null,
      isFinal: cutOffAt !== null && now >= cutOffAt,
      asOf: now.toISOString(),
    };
  };
  router.get('/api/attendance/office/kitchen-count', async (request, response) => {
    response.json(await count(request, response));
  });
  router.get('/api/attendance/office/kitchen-count.csv', async (request, response) => {
    const answer = await count(request, response);
    response.attachment(`pasti-${answer.serviceDate}.csv`).type('text/csv').send(kitchenCsv(answer));
  });
  router.get('/api/attendance/office/kitchen-count.html', async (request, response) => {
    const page = kitchenPage(await count(request, response));
    response
      .set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .type('text/html')
      .send(page);
  });

  router.get('/api/attendance/office/day', async (request, response) => {
    const place = takePlace(request, response, ['office']);
    const report = await dayReport(deps.kitchen, place);
    if (!report.ok) throw notFound();
    const { differences, setAside, ...rest } = report.value;
    const answer: DayTableAnswer = {
      ...rest,
      serviceDate: place.serviceDate,
      differences: [...differences],
      setAside: [...setAside],
      asOf: deps.clock.now().toISOString(),
    };
    response.set('cache-control', 'no-store').json(answer);
  });

  router.post('/api/attendance/office/corrections', async (request, response) => {
    const { municipalityId, personId } = staff(response, ['office']);
    const parsed = CorrectionBody.safeParse(request.body);
    if (!parsed.success) throw malformed(MESSAGES.malformed, parsed.error);
    const { correctionId, pupilId, service, day, reason } = parsed.data;
    const decided = await deps.correct({
      ...{ municipalityId, correctionId, reason, correctedBy: personId },
      pupilId: parseId<PupilId>(pupilId) ?? refuseUnknown(),
      service: serviceCode(service),
      serviceDate: serviceDate(day),
    });
    if (!decided.ok) throw CORRECTION_REFUSALS[decided.refusal.kind]();
    const { correctedAt, ...kept } = decided.value;
    const answer: CorrectionAnswer = { ...kept, correctedAt: correctedAt.toISOString() };
    response.set('cache-control', 'no-store').json(answer);
  });
}

const CORRECTION_REFUSALS: Record<CorrectionRefused['kind'], () => HttpRefusal> = {
  ledger_away: unavailable,
  unknown_meal: notFound,
  not_charged: () => new HttpRefusal(409, 'not_charged', MESSAGES.mealNotCharged),
  already_corrected: () => new HttpRefusal(409, 'already_corrected', MESSAGES.mealAlreadyCorrected),
};

function staff(response: Response, roles: readonly string[]) {
  const identity = identityOf(response);
  if (!roles.includes(identity.role)) throw notFound();
  return identity;
}

/** A UUID in another spelling is nobody's id. */
function refuseUnknown(): never {
  throw notFound();
}

/** Who asks comes before what is asked: to strangers every path is the same. */
function takePlace(request: Request, response: Response, roles: readonly string[]): DayPlace {
  const { municipalityId } = staff(response, roles);
  const parsed = DayQuery.safeParse(request.query);
  if (!parsed.success) throw malformed(MESSAGES.malformed, parsed.error);
  const { schoolId, service, day } = parsed.data;
  return {
    municipalityId,
    schoolId: parseId<SchoolId>(schoolId) ?? refuseUnknown(),
    service: serviceCode(service),
    serviceDate: serviceDate(day),
  };
}
