import { buffer } from 'node:stream/consumers';
import PDFDocument from 'pdfkit';
import type { TownPlan, TownPupil } from './town.ts';

// Fixed, so that the letter of a pupil has the same bytes whenever the town is put in.
const WRITTEN_AT = new Date('2026-09-01T08:00:00Z');

/** The letter that the town's office filed when it took a pupil in: one page, PDF, in Italian. */
export async function enrolmentLetter(plan: TownPlan, pupil: TownPupil): Promise<Buffer> {
  const name = `${pupil.givenName} ${pupil.familyName}`;
  const document = new PDFDocument({
    ...{ size: 'A4', margin: 72, lang: 'it-IT', pdfVersion: '1.7', tagged: true, displayTitle: true },
    info: { Title: `Conferma di iscrizione – ${name}`, Author: plan.name, CreationDate: WRITTEN_AT },
  });
  document.fontSize(16).text(plan.name).moveDown();
  document.fontSize(12).text(`Conferma di iscrizione ai servizi scolastici ${plan.schoolYear.name}`).moveDown();
  document.text(`Si conferma l'iscrizione di ${name} alla refezione scolastica.`).moveDown();
  document.text('Comune inventato per la dimostrazione: questo documento non ha alcun valore.');
  document.end();
  return buffer(document);
}
