import { describeApi } from '@campanella/service-kit';
import { guardianPaths } from './describe.ts';
import { officePaths } from './office-description.ts';

/** The HTTP API in OpenAPI's terms, from the schemas that type its answers. */
export function anagraficaDescription(): object {
  return describeApi({ title: 'Campanella anagrafica', version: '1', paths: { ...guardianPaths(), ...officePaths() } });
}
