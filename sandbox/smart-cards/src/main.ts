import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { keepCards } from './card-files.ts';

const HELP = `Invented CNS cards, for signing in with a certificate where there is no card and no reader.

  make --folder <path> [--host 127.0.0.1]   writes an authority, its list of revoked cards, the certificate of the listener that asks for
                                            cards, a card for each demonstration citizen, and cards that are refused; keeps what is good

To try one in a browser: openssl pkcs12 -export -inkey <card>.key.pem -in <card>.pem -out card.p12, and import card.p12 among your
certificates. The browser warns of the listener's certificate: its authority is invented.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h' },
    folder: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
  },
});
const [command] = positionals;
if (values.help === true || command === undefined) {
  console.log(HELP);
} else if (command !== 'make' || values.folder === undefined) {
  console.error(`make needs --folder\n\n${HELP}`);
  process.exitCode = 2;
} else {
  const { cards, isNew } = await keepCards(resolve(values.folder), values.host);
  console.log(JSON.stringify({ isNew, ...cards }, null, 2));
}
