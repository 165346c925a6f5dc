import { writeApiDescription } from '@campanella/service-kit';
import { anagraficaDescription } from './http/describe.ts';

writeApiDescription(anagraficaDescription(), new URL('../openapi.json', import.meta.url));
