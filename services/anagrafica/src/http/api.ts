import { identityOf, notFound, requireIdentity } from '@campanella/service-kit';
import { type ServiceDate, serviceDateAt } from '@campanella/vocabulary';
import { Router } from 'express';
import type { DirectoryReads } from '../app/read-directory.ts';
import { type PupilSheet, priceOn } from '../domain/directory.ts';
import { anagraficaDescription } from './api-description.ts';
import type { MunicipalityAnswer, PupilsAnswer } from './describe.ts';
import { type FascicoloApiDeps, fascicoloRoutes, noteRead, ownPupil } from './fascicolo-api.ts';
import { type OfficeApiDeps, officeRoutes } from './office-api.ts';
import { toBadge, toRecord } from './record-answer.ts';

/** The routes of anagrafica behind the gateway: what the bearer of an internal identity token may see, and no more. */
export function anagraficaApi(
  deps: FascicoloApiDeps & OfficeApiDeps & { reads: DirectoryReads; jwksUrl: string },
): Router {
  const router = Router();
  const description = anagraficaDescription();
  router.get('/openapi.json', (_request, response) => {
    response.json(description);
  });
  router.use('/api/anagrafica', requireIdentity({ jwksUrl: deps.jwksUrl }));

  router.get('/api/anagrafica/pupils', async (_request, response) => {
    const { municipalityId, pupilIds } = identityOf(response);
    const sheets = await deps.reads.pupilSheets(municipalityId, pupilIds);
    const today = serviceDateAt(deps.clock.now());
    const answer: PupilsAnswer = { pupils: sheets.map((sheet) => toPupil(sheet, today)) };
    response.set('cache-control', 'no-store').json(answer);
  });

  router.get('/api/anagrafica/pupils/:pupilId', async (request, response) => {
    const { municipalityId } = identityOf(response);
    const pupilId = ownPupil(response, request.params.pupilId);
    await noteRead(deps, response, pupilId, 'record');
    const record = await deps.reads.findRecord(municipalityId, pupilId);
    if (record === null) throw notFound();
    response.set('cache-control', 'no-store').json(toRecord(record, deps.clock.now()));
  });

  officeRoutes(router, deps);
  fascicoloRoutes(router, deps);

  router.get('/api/anagrafica/municipality', async (_request, response) => {
    const municipality = await deps.reads.findMunicipality(identityOf(response).municipalityId);
    if (municipality === null) throw notFound();
    const { name, websiteUrl, officeContact } = municipality;
    const answer: MunicipalityAnswer = { name, websiteUrl, officeContact };
    response.set('cache-control', 'no-store').json(answer);
  });
  return router;
}

function toPupil(sheet: PupilSheet, today: ServiceDate): PupilsAnswer['pupils'][number] {
  return {
    pupilId: sheet.pupilId,
    displayName: sheet.displayName,
    schoolName: sheet.schoolName,
    className: sheet.className,
    status: sheet.closed ? 'closed' : 'open',
    badges: sheet.badges.map((badge) => toBadge(badge, today)),
    enrolments: sheet.enrolments.map((enrolment) => ({
      service: enrolment.service,
      serviceName: enrolment.serviceName,
      paymentMode: enrolment.paymentMode,
      validFrom: enrolment.validity.from,
      validUntil: enrolment.validity.until,
      priceCents: priceOn(enrolment.prices, today)?.priceCents ?? 0,
    })),
  };
}
