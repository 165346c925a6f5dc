import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A creditor that answers whatever the test wants, on a real socket. */
export interface TestCreditor {
  readonly url: string;
  /** Operations as they came. */
  readonly asked: { readonly operation: string; readonly body: string }[];
  /** The content of an answer by its operation; `null` breaks the connection off. */
  answers: Record<string, (body: string) => string | null>;
  close(): Promise<void>;
}

const RESPONSES: Readonly<Record<string, string>> = {
  paVerifyPaymentNotice: 'paVerifyPaymentNoticeRes',
  paGetPayment: 'paGetPaymentRes',
  paGetPaymentV2: 'paGetPaymentV2Response',
  paSendRT: 'paSendRTRes',
  paSendRTV2: 'paSendRTV2Response',
};

/** What a creditor answers where all is well: 20 euros are due. */
export const GOOD: TestCreditor['answers'] = {
  paVerifyPaymentNotice: () =>
    '<outcome>OK</outcome><paymentList><paymentOptionDescription><amount>20.00</amount><options>EQ</options><dueDate>2026-12-23</dueDate><detailDescription>Ricarica</detailDescription><allCCP>false</allCCP></paymentOptionDescription></paymentList><paymentDescription>Ricarica</paymentDescription><fiscalCodePA>01234567897</fiscalCodePA><companyName>Comune di Prova</companyName>',
  paGetPayment: () => got('20.00'),
  paGetPaymentV2: () => got('20.00'),
  paSendRT: () => '<outcome>OK</outcome>',
  paSendRTV2: () => '<outcome>OK</outcome>',
};

/** An answer to get with one transfer of an amount, for a payment of 20 euros. */
export function got(transferred: string): string {
  return `<outcome>OK</outcome><data><creditorReferenceId>01000000000000144</creditorReferenceId><paymentAmount>20.00</paymentAmount><dueDate>2026-12-23</dueDate><description>Ricarica</description><companyName>Comune di Prova</companyName><debtor><uniqueIdentifier><entityUniqueIdentifierType>F</entityUniqueIdentifierType><entityUniqueIdentifierValue>ANONIMO</entityUniqueIdentifierValue></uniqueIdentifier><fullName>Zefiro Prova</fullName></debtor><transferList><transfer><idTransfer>1</idTransfer><transferAmount>${transferred}</transferAmount><fiscalCodePA>01234567897</fiscalCodePA><IBAN>IT60X0542811101000000123456</IBAN><remittanceInformation>Ricarica</remittanceInformation><transferCategory>9/DEMO/</transferCategory></transfer></transferList></data>`;
}

/** A creditor's "no". */
export function no(faultCode: string): string {
  return `<outcome>KO</outcome><fault><faultCode>${faultCode}</faultCode><faultString>x</faultString><id>01234567897</id></fault>`;
}

/** Starts it. */
export async function startCreditor(): Promise<TestCreditor> {
  const creditor = { asked: [] as { operation: string; body: string }[], answers: { ...GOOD } };
  const server = createServer(async (request: IncomingMessage, response) => {
    const operation = String(request.headers['soapaction']).replaceAll('"', '');
    const body = await text(request);
    creditor.asked.push({ operation, body });
    const content = creditor.answers[operation]?.(body) ?? null;
    if (content === null) return void response.destroy();
    const element = RESPONSES[operation];
    response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(
        `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:paf="http://pagopa-api.pagopa.gov.it/pa/paForNode.xsd"><soapenv:Body><paf:${element}>${content}</paf:${element}></soapenv:Body></soapenv:Envelope>`,
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(creditor, {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
