import { useLayoutEffect, useRef } from 'preact/hooks';
import { ISSUERS, isListed, issuerName } from '../../texts/issuers';
import { texts } from '../../texts/en';
import type { Item } from './item';

export function IssuerField({ item }: { item: Item }) {
  const code = item.issuer.value;
  const list = useRef<HTMLSelectElement>(null);
  // Only the issuer is asked for: the hands begin there, and a name typed chooses it.
  useLayoutEffect(() => {
    if (item.review.asks === 'issuer') list.current?.focus({ preventScroll: true });
  }, [item]);
  return (
    <label>
      {texts.review.issuer}
      <select
        ref={list}
        value={code}
        onChange={(event) => {
          item.issuer.value = event.currentTarget.value;
        }}
      >
        {!isListed(code) && <option value={code}>{code === '' ? texts.review.chooseIssuer : issuerName(code)}</option>}
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
