import { XMLParser } from 'fast-xml-parser';
import { BROKER, CREDITOR_CODE, STATION } from './town.ts';

const NAMESPACE = 'http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd';

/** An answer to the node: its text, and what stands in its body. */
export interface NodeAnswer {
  readonly status: number;
  readonly text: string;
  readonly element: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look wherever they like
  readonly content: any;
}

const parser = new XMLParser({ removeNSPrefix: true, parseTagValue: false });

/** Sends a SOAP body as the node does. */
export async function send(
  nodeUrl: string,
  body: RequestInit['body'],
  headers: Record<string, string> = {},
): Promise<NodeAnswer> {
  const response = await fetch(nodeUrl, {
    method: 'POST',
    headers: { 'content-type': 'text/xml; charset=utf-8', ...headers },
    body: body ?? null,
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  });
  const text = await response.text();
  const [found] = Object.entries(parser.parse(text)?.Envelope?.Body ?? {});
  return { status: response.status, text, element: found?.[0] ?? '', content: found?.[1] ?? {} };
}

/** Who asks, and about what, as every request says it. */
export interface Asked {
  readonly idPA?: string;
  readonly idBrokerPA?: string;
  readonly idStation?: string;
  readonly fiscalCode?: string;
  readonly noticeNumber: string;
}

const envelope = (element: string, content: string) =>
  `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:paf="${NAMESPACE}"><soapenv:Header/><soapenv:Body><paf:${element}>${content}</paf:${element}></soapenv:Body></soapenv:Envelope>`;

const caller = ({ idPA = CREDITOR_CODE, idBrokerPA = BROKER, idStation = STATION }: Partial<Asked>) =>
  `<idPA>${idPA}</idPA><idBrokerPA>${idBrokerPA}</idBrokerPA><idStation>${idStation}</idStation>`;

const qrCode = ({ fiscalCode = CREDITOR_CODE, noticeNumber }: Asked) =>
  `<qrCode><fiscalCode>${fiscalCode}</fiscalCode><noticeNumber>${noticeNumber}</noticeNumber></qrCode>`;

/** `paVerifyPaymentNotice` */
export const verifyRequest = (asked: Asked) => envelope('paVerifyPaymentNoticeReq', `${caller(asked)}${qrCode(asked)}`);

/** `paGetPayment`, version 1 or 2. */
export const getRequest = (asked: Asked & { version?: 1 | 2; transferType?: 'POSTAL' | 'PAGOPA' }) =>
  envelope(
    asked.version === 1 ? 'paGetPaymentReq' : 'paGetPaymentV2Request',
    `${caller(asked)}${qrCode(asked)}<amount>0.00</amount>${asked.transferType === undefined ? '' : `<transferType>${asked.transferType}</transferType>`}`,
  );

/** `paDemandPaymentNotice` */
export const demandRequest = (asked: Partial<Asked> = {}) =>
  envelope(
    'paDemandPaymentNoticeRequest',
    `${caller(asked)}<idServizio>00001</idServizio><idSoggettoServizio>00001</idSoggettoServizio><datiSpecificiServizioRequest>PGE+PC9hPg==</datiSpecificiServizioRequest>`,
  );

/** What a receipt says. */
export interface Paid extends Asked {
  readonly receiptId: string;
  readonly amount: string;
  readonly version?: 1 | 2;
  readonly outcome?: string;
  readonly paymentDateTime?: string;
  /** Further transfers, of other creditors. */
  readonly more?: { readonly fiscalCodePA: string; readonly amount: string };
  readonly total?: string;
}

/** `paSendRT`, version 1 or 2. */
export function receiptRequest(paid: Paid): string {
  const transfer = (id: number, fiscalCodePA: string, amount: string) =>
    `<transfer><idTransfer>${id}</idTransfer><transferAmount>${amount}</transferAmount><fiscalCodePA>${fiscalCodePA}</fiscalCodePA><IBAN>IT60X0542811101000000123456</IBAN><remittanceInformation>Ricarica</remittanceInformation><transferCategory>9/0101002IM/</transferCategory></transfer>`;
  const person =
    '<uniqueIdentifier><entityUniqueIdentifierType>F</entityUniqueIdentifierType><entityUniqueIdentifierValue>ANONIMO</entityUniqueIdentifierValue></uniqueIdentifier><fullName>Zefiro Prova</fullName>';
  const transfers = `${transfer(1, paid.fiscalCode ?? CREDITOR_CODE, paid.amount)}${paid.more === undefined ? '' : transfer(2, paid.more.fiscalCodePA, paid.more.amount)}`;
  const receipt = [
    `<receiptId>${paid.receiptId}</receiptId><noticeNumber>${paid.noticeNumber}</noticeNumber>`,
    `<fiscalCode>${paid.fiscalCode ?? CREDITOR_CODE}</fiscalCode><outcome>${paid.outcome ?? 'OK'}</outcome>`,
    `<creditorReferenceId>${paid.noticeNumber.slice(1)}</creditorReferenceId>`,
    `<paymentAmount>${paid.total ?? paid.amount}</paymentAmount><description>Ricarica</description>`,
    `<companyName>Comune di Prova</companyName><debtor>${person}</debtor><transferList>${transfers}</transferList>`,
    '<idPSP>PROVAIT1</idPSP><PSPCompanyName>Banca di Prova</PSPCompanyName><idChannel>prova_01</idChannel>',
    '<channelDescription>app</channelDescription><fee>1.00</fee>',
    `<paymentDateTime>${paid.paymentDateTime ?? '2026-11-23T12:30:00'}</paymentDateTime>`,
  ].join('');
  const element = paid.version === 1 ? 'paSendRTReq' : 'paSendRTV2Request';
  return envelope(element, `${caller(paid)}<receipt>${receipt}</receipt>`);
}
