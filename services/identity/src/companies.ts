import { type PartitaIva, parsePartitaIva } from '@campanella/vocabulary';
import { addCompany, resetCompany, shutCompany } from './app/manage-companies.ts';
import { type CommandContext, municipalityOf, runCommand, UsageError } from './command.ts';
import { argon2Passwords } from './passwords/argon2-passwords.ts';
import { attemptStore, companyStore } from './store/company-store.ts';

const HELP = `Companies that sign in with partita IVA and password.

  companies add    --municipality N --partita-iva P --name "…"   prints the password, this once
  companies reset  --municipality N --partita-iva P              a new password; opens a shut account; forgives failed attempts
  companies shut   --municipality N --partita-iva P              it cannot sign in any more (it is signed out within 8 hours)
  companies list   --municipality N

Needs DATABASE_URL, FIELD_KEY and PERSON_HASH_KEY as identity has them. Answers in lines of JSON.`;

await runCommand(HELP, ['municipality', 'partita-iva', 'name'], async (context) => {
  const { database, hash, say } = context;
  const municipalityId = municipalityOf(context);
  const deps = {
    transaction: database.transaction.bind(database),
    companies: companyStore,
    attempts: attemptStore(hash),
    passwords: await argon2Passwords(),
    clock: { now: () => new Date() },
  };
  switch (context.words[0]) {
    case 'add': {
      const partitaIva = partitaIvaOf(context);
      const added = await addCompany(deps, { municipalityId, partitaIva, name: context.option('name') });
      if (!added.ok) throw new UsageError(`${partitaIva} is there already: use reset for a new password`);
      return say({ partitaIva, password: added.value.password });
    }
    case 'reset': {
      const partitaIva = partitaIvaOf(context);
      const reset = await resetCompany(deps, { municipalityId, partitaIva });
      if (!reset.ok) throw new UsageError(`${partitaIva} is unknown: use add`);
      return say({ partitaIva, password: reset.value.password });
    }
    case 'shut': {
      const partitaIva = partitaIvaOf(context);
      const shut = await shutCompany(deps, { municipalityId, partitaIva });
      if (!shut.ok) throw new UsageError(`${partitaIva} is unknown`);
      return say({ partitaIva, state: 'shut' });
    }
    case 'list': {
      const companies = await deps.transaction((tx) => companyStore.list(tx, municipalityId));
      for (const { partitaIva, name, state } of companies) say({ partitaIva, name, state });
      return;
    }
    default:
      throw new UsageError(HELP);
  }
});

function partitaIvaOf(context: CommandContext): PartitaIva {
  const partitaIva = parsePartitaIva(context.option('partita-iva'));
  if (partitaIva === null)
    throw new UsageError('--partita-iva is eleven digits, of which the last is the control digit');
  return partitaIva;
}
