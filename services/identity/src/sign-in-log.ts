import { municipalityOf, runCommand, UsageError } from './command.ts';
import { readSignInLog, readSignInMessages } from './store/sign-in-store.ts';

const HELP = `The log of sign-ins, as SPID and CIE have it kept for 24 months. For who answers an authority's or a citizen's request.

  sign-in-log list      --municipality N --from 2026-11-01 --to 2026-11-30 [--person ID]   one line per attempt (at most 10000)
  sign-in-log messages  --municipality N --sign-in ID                                       what was exchanged with the provider

Needs DATABASE_URL, FIELD_KEY and PERSON_HASH_KEY as identity has them. Answers in lines of JSON. Messages hold personal data.`;

await runCommand(HELP, ['municipality', 'from', 'to', 'person', 'sign-in'], async (context) => {
  const municipalityId = municipalityOf(context);
  const { database, cipher, say } = context;
  switch (context.words[0]) {
    case 'list': {
      const days = { from: context.option('from'), to: context.option('to') };
      const person = context.optional('person');
      const lines = await database.transaction((tx) => readSignInLog(tx, municipalityId, days, person));
      for (const line of lines) say(line);
      return;
    }
    case 'messages': {
      const signInId = context.option('sign-in');
      const messages = await database.transaction((tx) => readSignInMessages(tx, cipher, municipalityId, signInId));
      for (const message of messages) say(message);
      return;
    }
    default:
      throw new UsageError(HELP);
  }
});
