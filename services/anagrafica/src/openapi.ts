import { writeApiDescription } from '@campanella/service-kit';
import { anagraficaDescription } from './http/api-description.ts';

writeApiDescription(anagraficaDescription(), new URL('../openapi.json', import.meta.url));
