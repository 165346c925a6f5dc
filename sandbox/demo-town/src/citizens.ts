import { type Birth, codiceFiscaleOf } from './codice-fiscale.ts';

/** An invented adult of Vallefinta who can sign in at the sandbox identity provider. */
export interface DemoCitizen {
  readonly username: string;
  readonly displayName: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly codiceFiscale: string;
  readonly birth: Birth;
  /** What this person is in the demo town for, in a few words. */
  readonly shows: string;
  /** The same in Italian, for pages. */
  readonly showsInItalian: string;
  /** How many pupils this person answers for; 0 meets the portal's refusal. */
  readonly pupilCount: number;
}

function citizen(
  username: string,
  birth: Birth,
  pupilCount: number,
  shows: string,
  showsInItalian: string,
): DemoCitizen {
  return {
    username,
    displayName: `${birth.givenName} ${birth.familyName}`,
    givenName: birth.givenName,
    familyName: birth.familyName,
    codiceFiscale: codiceFiscaleOf(birth),
    birth,
    shows,
    showsInItalian,
    pupilCount,
  };
}

/** The invented adults who can sign in, the same on every run. The first families of the demo town are theirs. */
export const demoCitizens: readonly DemoCitizen[] = [
  citizen(
    'aurora.esempio',
    { givenName: 'Aurora', familyName: 'Esempio', sex: 'F', bornOn: '1986-03-14', birthplaceCode: 'H501' },
    2,
    'two children, prepaid, credit left',
    'due figli, prepagato, con credito',
  ),
  citizen(
    'zefiro.prova',
    { givenName: 'Zefiro', familyName: 'Prova', sex: 'M', bornOn: '1981-11-02', birthplaceCode: 'F205' },
    3,
    'three children, prepaid, tariff by ISEE',
    'tre figli, prepagato, tariffa a fasce ISEE',
  ),
  citizen(
    'nuvola.inventati',
    { givenName: 'Nuvola', familyName: 'Inventati', sex: 'F', bornOn: '1990-07-29', birthplaceCode: 'L219' },
    1,
    'one child, invoiced at the end of the month',
    'un figlio, fattura a fine mese',
  ),
  citizen(
    'lampo.difantasia',
    { givenName: 'Lampo', familyName: 'Difantasia', sex: 'M', bornOn: '1984-01-08', birthplaceCode: 'A944' },
    1,
    'one child, prepaid, the account below zero',
    'un figlio, prepagato, conto sotto zero',
  ),
  citizen(
    'brina.segnaposto',
    { givenName: 'Brina', familyName: 'Segnaposto', sex: 'F', bornOn: '1988-12-21', birthplaceCode: 'D612' },
    1,
    'one child with a diet and a badge that replaced a lost one',
    'un figlio con una dieta e un badge sostituito',
  ),
  citizen(
    'orso.fittizi',
    { givenName: 'Orso', familyName: 'Fittizi', sex: 'M', bornOn: '1979-05-17', birthplaceCode: 'F839' },
    0,
    'registered payer of nobody: meets the refusal',
    'nessun figlio: incontra il rifiuto',
  ),
];
