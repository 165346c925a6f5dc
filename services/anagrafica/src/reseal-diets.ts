import { openFieldCipher } from '@campanella/field-encryption';
import { openDatabase } from '@campanella/postgres';
import { createLogger, readConfig, runMain } from '@campanella/service-kit';
import { serviceDateAt } from '@campanella/vocabulary';
import { environment } from './config.ts';
import { quietDatabase } from './store/quiet-database.ts';
import { resealDiets, resealIsee } from './store/reseal-diets.ts';

await runMain(async () => {
  const { DATABASE_URL, FIELD_KEY, LOG_LEVEL } = readConfig(
    environment.pick({ DATABASE_URL: true, FIELD_KEY: true, LOG_LEVEL: true }),
    process.env,
  );
  const logger = createLogger({ service: 'anagrafica', level: LOG_LEVEL });
  const database = openDatabase({ url: DATABASE_URL, applicationName: 'reseal-diets', poolMax: 1 }, logger);
  await database.start();
  try {
    const cipher = openFieldCipher(FIELD_KEY);
    const today = serviceDateAt(new Date());
    const counts = await resealDiets(quietDatabase(database), cipher, 'all', today, (sofar) =>
      logger.info({ ...sofar }, 'sealing diets again'),
    );
    logger.info({ ...counts }, 'every diet is sealed under the first key');
    const households = await resealIsee(quietDatabase(database), cipher);
    logger.info({ ...households }, 'every ISEE is sealed under the first key');
  } finally {
    await database.stop();
  }
});
