/** Pages of other bodies that the portal sends people to. */
export const OUTSIDE = {
  aboutSpid: 'https://www.spid.gov.it/',
  obtainSpid: 'https://www.spid.gov.it/cos-e-spid/come-attivare-spid/',
  cieApp: 'https://www.cartaidentita.interno.gov.it/cittadini/app-cieid/',
  cieSoftware: 'https://www.cartaidentita.interno.gov.it/software-cie',
  tsCnsSoftware: 'https://sistemats1.sanita.finanze.it/portale/elenco-driver-cittadini-modalita-accesso',
} as const;
