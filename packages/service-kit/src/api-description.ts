import { writeFileSync } from 'node:fs';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';

/**
 * Describes an HTTP API as OpenAPI 3.1, from the same zod schemas that validate its requests.
 *
 * @returns the document as plain JSON data
 */
export function describeApi(api: {
  readonly title: string;
  readonly version: string;
  readonly paths: ZodOpenApiPathsObject;
}): object {
  return createDocument({ openapi: '3.1.0', info: { title: api.title, version: api.version }, paths: api.paths });
}

/** Writes a description to a file in a stable form, for `npm run openapi`. */
export function writeApiDescription(document: object, file: string | URL): void {
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
}
