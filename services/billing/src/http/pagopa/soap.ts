import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

/** Most that one message of the node may weigh; a receipt with five transfers is under 10 kB. */
export const MESSAGE_BYTES_MAX = 256 * 1024;
const NESTED_MAX = 20;
/** A receipt with all that the schema allows has about 1,100 tags. */
const TAGS_MAX = 4_000;
const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
const MESSAGES = 'http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd';
const XML = 'http://www.w3.org/XML/1998/namespace';
/** What may come more than once, so that one of it is a list as well. */
const LISTS = new Set(['transfer', 'mapEntry']);
const ATTRIBUTE = '@';
const TEXT = '#text';
/** Anything that XML 1.0 does not let into a document. */
const NO_XML_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const CODE_POINT_MAX = 0x10_ff_ff;
const OTHER_ENCODING = /^\s*<\?xml[^>]*\sencoding=["'](?!utf-8["'])/i;

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  textNodeName: TEXT,
  parseTagValue: false,
  trimValues: true,
  maxNestedTags: NESTED_MAX,
  // Characters by their numbers too: payment providers are called Caff&#232;.
  htmlEntities: true,
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
  /** As it came. */
  readonly text: string;
}

/**
 * Reads a SOAP 1.1 message in UTF-8 whose root is in the node's namespace. No document type and so no entities of its own, bounded depth; every
 * value is text. An element in a namespace of its own is called `{namespace}name`, so that nobody takes it for one of the message's.
 *
 * @returns null for what is no such message
 */
export function readMessage(bytes: Uint8Array): Message | null {
  const text = decode(bytes);
  // Before anything looks at it: whoever needs a document type here means no good.
  if (text === null || OTHER_ENCODING.test(text) || !hasXmlCharacters(text)) return null;
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text) || text.split('<', TAGS_MAX + 1).length > TAGS_MAX) return null;
  if (XMLValidator.validate(text) !== true) return null;
  const body = childOf(childOf(parseOrNull(text), `{${ENVELOPE}}Envelope`), `{${ENVELOPE}}Body`);
  if (typeof body !== 'object' || body === null) return null;
  const [first, ...others] = Object.entries(body);
  const [, element] = /^\{(?:.*)\}(\w+)$/.exec(first?.[0] ?? '') ?? [];
  if (first === undefined || element === undefined || others.length > 0) return null;
  return first[0] === `{${MESSAGES}}${element}` ? { element, content: first[1], text } : null;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Also those that are written by their number. */
function hasXmlCharacters(text: string): boolean {
  if (NO_XML_CHARACTER.test(text)) return false;
  for (const [, hexadecimal, decimal = ''] of text.matchAll(/&#(?:x([\dA-F]+)|(\d+));/gi)) {
    const code = hexadecimal === undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hexadecimal, 16);
    if (code > CODE_POINT_MAX || NO_XML_CHARACTER.test(String.fromCodePoint(code))) return false;
  }
  return true;
}

function parseOrNull(text: string): unknown {
  try {
    return inNamespaces(parser.parse(text), new Map([['xml', XML]]));
  } catch {
    // Too deep, an entity that nobody declared, or a prefix that nobody declared.
    return null;
  }
}

/** Namespaces by their prefixes; the default one by the empty prefix. */
type Scope = ReadonlyMap<string, string>;

/** The tree without attributes, every element by its name in its namespace. @throws RangeError for a prefix that nobody declared */
function inNamespaces(node: unknown, scope: Scope): unknown {
  if (typeof node !== 'object' || node === null) return node;
  const children = Object.entries(node).filter(([key]) => key !== TEXT && !key.startsWith(ATTRIBUTE));
  if (children.length === 0) return TEXT in node ? node[TEXT] : '';
  const named = new Map<string, unknown[]>();
  for (const [key, found] of children) {
    if (key.startsWith('?')) continue;
    for (const child of [found].flat()) {
      const inner = scopeOf(child, scope);
      const name = nameOf(key, inner);
      const all = named.get(name) ?? [];
      all.push(inNamespaces(child, inner));
      named.set(name, all);
    }
  }
  return Object.fromEntries([...named].map(([name, all]) => [name, all.length > 1 || LISTS.has(name) ? all : all[0]]));
}

function scopeOf(node: unknown, outer: Scope): Scope {
  if (typeof node !== 'object' || node === null) return outer;
  const declared = Object.entries(node).flatMap(([key, value]): [string, string][] => {
    const [, prefix = ''] = /^@xmlns(?::(.+))?$/.exec(key) ?? [];
    return /^@xmlns(?::|$)/.test(key) ? [[prefix, String(value)]] : [];
  });
  return declared.length === 0 ? outer : new Map([...outer, ...declared]);
}

function nameOf(key: string, scope: Scope): string {
  const [local = '', prefix = ''] = key.split(':').reverse();
  const namespace = scope.get(prefix) ?? '';
  if (namespace === '' && prefix !== '') throw new RangeError('a prefix that nobody declared');
  return namespace === '' ? local : `{${namespace}}${local}`;
}

function childOf(parent: unknown, name: string): unknown {
  return typeof parent === 'object' && parent !== null && name in parent
    ? Object.entries(parent).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Writes a SOAP 1.1 message: only its root is in the node's namespace, as the schema wants. */
export function writeMessage(element: string, children: Children): string {
  const content: string = builder.build({ [`paf:${element}`]: children });
  return envelope(content, ` xmlns:paf="${MESSAGES}"`);
}

/** What is answered to anything that is no message of the node. */
export const SOAP_FAULT = envelope(
  '<soapenv:Fault><faultcode>soapenv:Client</faultcode><faultstring>not a message of paForNode</faultstring></soapenv:Fault>',
);

function envelope(body: string, declarations = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${ENVELOPE}"${declarations}><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`;
}
