import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { validateXML } from 'xmllint-wasm';

const FOLDER = fileURLToPath(new URL('../../../../shared/reference/pagopa/', import.meta.url));
/** What may stand in a body beside a message of the node: a fault of SOAP itself, by the envelope's own schema. */
const ENVELOPED = `<?xml version="1.0"?><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://schemas.xmlsoap.org/soap/envelope/" schemaLocation="envelope.xsd"/>
<xs:import namespace="http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd" schemaLocation="paForNode.xsd"/></xs:schema>`;

/** pagoPA's own schemas of what a creditor answers. */
export interface PagoPaSchemas {
  /** What is wrong with answers; empty where all are valid: the envelope, and in its body one message of the node or a fault of SOAP. */
  faultsOf(answers: readonly string[]): Promise<readonly string[]>;
}

/** Null where they are not beside the repository. */
export function pagoPaSchemas(): PagoPaSchemas | null {
  if (!existsSync(`${FOLDER}wsdl/xsd/paForNode.xsd`)) return null;
  const read = (path: string) => {
    const contents = readFileSync(`${FOLDER}${path}`, 'utf8');
    return {
      fileName: path.replace(/^.*\//, ''),
      contents: contents.replaceAll(/schemaLocation="[^"]*\/([^"/]+\.xsd)"/g, 'schemaLocation="$1"'),
    };
  };
  const preload = ['wsdl/xsd/paForNode.xsd', 'xsd-common/sac-common-types-1.0.xsd', 'xsd-common/envelope.xsd'].map(
    read,
  );
  return {
    async faultsOf(answers) {
      const distinct = [...new Set(answers)];
      if (distinct.length === 0) return [];
      const { errors } = await validateXML({
        xml: distinct.map((contents, index) => ({ fileName: `answer-${index}.xml`, contents })),
        schema: [{ fileName: 'enveloped.xsd', contents: ENVELOPED }],
        preload,
      });
      return errors.map(({ rawMessage, loc }) => {
        const index = Number(/answer-(\d+)/.exec(loc?.fileName ?? rawMessage)?.[1] ?? 0);
        return `${rawMessage}\n${distinct[index]}`;
      });
    },
  };
}
