import { type CodiceFiscale, parseCodiceFiscale } from '@campanella/vocabulary';
import { type CommandContext, municipalityOf, runCommand, UsageError } from './command.ts';
import { OPERATOR_ROLES, type OperatorRole } from './domain/token-claims.ts';
import { operatorStore } from './store/person-store.ts';

const HELP = `Roles beyond that of a guardian: office, school, sre. They sign in like everybody, with their own digital identity; the role is
in their token at most 5 minutes later.

  operators grant     --municipality N --codice-fiscale C --role office|school|sre
  operators withdraw  --municipality N --codice-fiscale C

Needs DATABASE_URL, FIELD_KEY and PERSON_HASH_KEY as identity has them. Answers in lines of JSON.`;

await runCommand(HELP, ['municipality', 'codice-fiscale', 'role'], async (context) => {
  const municipalityId = municipalityOf(context);
  const codiceFiscale = codiceFiscaleOf(context);
  const store = operatorStore(context.hash);
  switch (context.words[0]) {
    case 'grant': {
      const role = roleOf(context.option('role'));
      await context.database.transaction((tx) => store.grant(tx, municipalityId, codiceFiscale, role, new Date()));
      return context.say({ granted: role });
    }
    case 'withdraw': {
      const isGone = await context.database.transaction((tx) => store.withdraw(tx, municipalityId, codiceFiscale));
      return context.say({ withdrawn: isGone });
    }
    default:
      throw new UsageError(HELP);
  }
});

function codiceFiscaleOf(context: CommandContext): CodiceFiscale {
  const codiceFiscale = parseCodiceFiscale(context.option('codice-fiscale'));
  if (codiceFiscale === null) throw new UsageError('--codice-fiscale is not one: check its 16 characters');
  return codiceFiscale;
}

function roleOf(text: string): OperatorRole {
  const role = OPERATOR_ROLES.find((one) => one === text);
  if (role === undefined) throw new UsageError(`--role is one of ${OPERATOR_ROLES.join(', ')}`);
  return role;
}
