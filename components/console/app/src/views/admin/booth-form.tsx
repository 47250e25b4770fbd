// Registering a booth, or changing one.
import { useSignal } from '@preact/signals';
import type { SchemaBooth, SchemaBoothBody } from '../../api/schema';
import { admin } from '../../texts/admin';
import { ISSUERS, isListed, issuerName } from '../../texts/issuers';
import { Refused } from './refused';

interface Props {
  /** None: a new one. */
  booth: SchemaBooth | null;
  refused: unknown;
  put: (id: string, booth: SchemaBoothBody) => Promise<void>;
  close: () => void;
}

export function BoothForm({ booth, refused, put, close }: Props) {
  const id = useSignal(booth?.id ?? '');
  const name = useSignal(booth?.name ?? '');
  const issuer = useSignal(booth?.jurisdiction ?? 'us-tx');
  const zone = useSignal(booth?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const lanes = useSignal(booth?.lanes.join(', ') ?? '');
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const listed = lanes.value.split(',').map((lane) => lane.trim());
        void put(id.value.trim(), { name: name.value, jurisdiction: issuer.value, time_zone: zone.value.trim(), lanes: listed.filter((lane) => lane !== '') });
      }}
    >
      <h2>{booth === null ? admin.boothNew : admin.boothEdit(booth.id)}</h2>
      <div class="form">
        <label>
          {admin.boothId}
          <input value={id.value} required readOnly={booth !== null} autocomplete="off" spellcheck={false} onInput={(event) => (id.value = event.currentTarget.value)} />
          <span class="small">{admin.boothIdHow}</span>
        </label>
        <label>
          {admin.boothName}
          <input value={name.value} required maxLength={100} onInput={(event) => (name.value = event.currentTarget.value)} />
        </label>
        <label>
          {admin.boothIssuer}
          <select value={issuer.value} onChange={(event) => (issuer.value = event.currentTarget.value)}>
            {!isListed(issuer.value) && <option value={issuer.value}>{issuerName(issuer.value)}</option>}
            {ISSUERS.map(({ group, issuers }) => (
              <optgroup key={group} label={group}>
                {issuers.map((one) => (
                  <option key={one.code} value={one.code}>
                    {one.name}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        <label>
          {admin.boothZone}
          <input value={zone.value} required spellcheck={false} onInput={(event) => (zone.value = event.currentTarget.value)} />
          <span class="small">{admin.boothZoneHow}</span>
        </label>
        <label>
          {admin.boothLanes}
          <input value={lanes.value} spellcheck={false} onInput={(event) => (lanes.value = event.currentTarget.value)} />
          <span class="small">{admin.boothLanesHow}</span>
        </label>
      </div>
      <Refused error={refused} />
      <div class="row">
        <button type="submit" class="main">
          {admin.save}
        </button>
        <button type="button" onClick={close}>
          {admin.back}
        </button>
      </div>
    </form>
  );
}
