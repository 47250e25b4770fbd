// Who issues plates, for the list beside the plate field: code of the API, name for people.
const US = `al Alabama|ak Alaska|az Arizona|ar Arkansas|ca California|co Colorado|ct Connecticut|de Delaware|dc District of Columbia|fl Florida|ga Georgia|hi Hawaii|id Idaho|il Illinois|in Indiana|ia Iowa|ks Kansas|ky Kentucky|la Louisiana|me Maine|md Maryland|ma Massachusetts|mi Michigan|mn Minnesota|ms Mississippi|mo Missouri|mt Montana|ne Nebraska|nv Nevada|nh New Hampshire|nj New Jersey|nm New Mexico|ny New York|nc North Carolina|nd North Dakota|oh Ohio|ok Oklahoma|or Oregon|pa Pennsylvania|ri Rhode Island|sc South Carolina|sd South Dakota|tn Tennessee|tx Texas|ut Utah|vt Vermont|va Virginia|wa Washington|wv West Virginia|wi Wisconsin|wy Wyoming`;
const CA = `ab Alberta|bc British Columbia|mb Manitoba|nb New Brunswick|nl Newfoundland and Labrador|ns Nova Scotia|nt Northwest Territories|nu Nunavut|on Ontario|pe Prince Edward Island|qc Quebec|sk Saskatchewan|yt Yukon`;

export interface Issuer {
  code: string;
  name: string;
}

const list = (country: string, text: string): Issuer[] =>
  text.split('|').map((entry) => ({ code: `${country}-${entry.slice(0, 2)}`, name: entry.slice(3) }));

export const ISSUERS: readonly { group: string; issuers: readonly Issuer[] }[] = [
  { group: 'United States', issuers: list('us', US) },
  { group: 'Canada', issuers: list('ca', CA) },
];

const NAMES = new Map(ISSUERS.flatMap(({ issuers }) => issuers.map(({ code, name }) => [code, name] as const)));

/** The name of an issuer, or its code in capitals when the list does not have it. */
export function issuerName(code: string): string {
  return NAMES.get(code) ?? code.toUpperCase();
}

export function isListed(code: string): boolean {
  return NAMES.has(code);
}
