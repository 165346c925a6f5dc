import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

/** Most that one message of the node may weigh; a receipt with five transfers is under 10 kB. */
export const MESSAGE_BYTES_MAX = 256 * 1024;
const NESTED_MAX = 20;
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const MESSAGES = 'http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd';
/** What may come more than once, so that one of it is a list as well. */
const LISTS = new Set(['transfer', 'mapEntry']);

const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: true,
  maxNestedTags: NESTED_MAX,
  isArray: (name) => LISTS.has(name),
});
const builder = new XMLBuilder({ suppressEmptyNode: false });

/** What is written between tags; keys in the order of the schema, what is undefined is left out. */
export interface Children {
  readonly [element: string]: string | undefined | Children | readonly Children[];
}

/** A message of the node: the operation's element and what it holds. */
export interface Message {
  readonly element: string;
  readonly content: unknown;
}

/**
 * Reads a SOAP 1.1 message. No document type and so no entities of its own, no attributes, bounded depth; every value is text.
 *
 * @returns null for what is no such message
 */
export function readMessage(text: string): Message | null {
  // Before anything looks at it: whoever needs a document type here means no good.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) return null;
  if (XMLValidator.validate(text) !== true) return null;
  const body = childOf(childOf(parseOrNull(text), 'Envelope'), 'Body');
  if (typeof body !== 'object' || body === null) return null;
  const [first, ...others] = Object.entries(body);
  return first === undefined || others.length > 0 ? null : { element: first[0], content: first[1] };
}

function parseOrNull(text: string): unknown {
  try {
    return parser.parse(text);
  } catch {
    // Too deep, or an entity that nobody declared.
    return null;
  }
}

function childOf(parent: unknown, name: string): unknown {
  return typeof parent === 'object' && parent !== null && name in parent
    ? Object.entries(parent).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Writes a SOAP 1.1 message: only its root is in the node's namespace, as the schema wants. */
export function writeMessage(element: string, children: Children): string {
  const content: string = builder.build({ [`paf:${element}`]: children });
  return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${ENVELOPE}" xmlns:paf="${MESSAGES}"><soapenv:Body>${content}</soapenv:Body></soapenv:Envelope>`;
}
