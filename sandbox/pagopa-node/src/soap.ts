import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

const NAMESPACE = 'http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd';
const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  isArray: (name) => name === 'transfer' || name === 'mapEntry',
});
const builder = new XMLBuilder({});

/** Writes a SOAP 1.1 message to a creditor. */
export function writeMessage(element: string, content: object): string {
  const body: string = builder.build({ [`paf:${element}`]: content });
  return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:paf="${NAMESPACE}"><soapenv:Header/><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;
}

/** Reads a creditor's answer: the content of the element that was expected; null for anything else. */
export function readAnswer(text: string, element: string): unknown {
  if (XMLValidator.validate(text) !== true) return null;
  const envelope: { Envelope?: { Body?: Record<string, unknown> } } = parser.parse(text);
  return envelope.Envelope?.Body?.[element] ?? null;
}
