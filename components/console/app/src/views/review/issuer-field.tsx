import { ISSUERS, isListed, issuerName } from '../../texts/issuers';
import { texts } from '../../texts/en';
import type { Item } from './item';

export function IssuerField({ item }: { item: Item }) {
  const code = item.issuer.value;
  return (
    <label>
      {texts.review.issuer}
      <select
        value={code}
        onChange={(event) => {
          item.issuer.value = event.currentTarget.value;
        }}
      >
        {!isListed(code) && <option value={code}>{issuerName(code)}</option>}
        {ISSUERS.map(({ group, issuers }) => (
          <optgroup key={group} label={group}>
            {issuers.map((issuer) => (
              <option key={issuer.code} value={issuer.code}>
                {issuer.name}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}
