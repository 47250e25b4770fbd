// One setting: its value by its kind, what it may be, and its default.
import { useId } from 'preact/hooks';
import type { SchemaSetting } from '../../api/schema';
import { admin } from '../../texts/admin';
import { same, type Value } from './settings';

interface Props {
  setting: SchemaSetting;
  /** What was chosen and not saved; undefined for nothing, null for the default. */
  pending: Value | undefined;
  change: (value: Value | undefined) => void;
}

export function Field({ setting, pending, change }: Props) {
  const id = useId();
  const value = pending === undefined ? setting.value : (pending ?? setting.default);
  return (
    <div class={pending === undefined ? 'setting' : 'setting changed'}>
      <div>
        <label for={id}>
          <code>{setting.name}</code>
        </label>
        <p class="small">{setting.meaning}</p>
      </div>
      <div class="field">
        <div class="row">
          <Input id={id} setting={setting} value={value} change={change} />
          {!same(value, setting.default) && (
            <button type="button" aria-label={admin.toDefault(setting.name)} onClick={() => change(null)}>
              {admin.toDefaultShort}
            </button>
          )}
        </div>
        <span class="small muted">
          {same(value, setting.default) ? admin.isDefault : admin.defaultIs(admin.value(setting.default))}
          {(setting.kind === 'whole' || setting.kind === 'number') && ` · ${admin.range(setting.minimum, setting.maximum)}`}
        </span>
      </div>
    </div>
  );
}

function Input({ id, setting, value, change }: { id: string; setting: SchemaSetting; value: SchemaSetting['value']; change: (value: Value) => void }) {
  switch (setting.kind) {
    case 'switch':
      return (
        <select id={id} value={String(value)} onChange={(event) => change(event.currentTarget.value === 'true')}>
          <option value="true">{admin.on}</option>
          <option value="false">{admin.off}</option>
        </select>
      );
    case 'word':
      return (
        <select id={id} value={String(value)} onChange={(event) => change(event.currentTarget.value)}>
          {setting.words.map((word) => (
            <option key={word} value={word}>
              {word === '' ? admin.empty : word}
            </option>
          ))}
        </select>
      );
    case 'copies':
      return (
        <textarea
          id={id}
          rows={4}
          cols={48}
          spellcheck={false}
          defaultValue={JSON.stringify(value, null, 1)}
          onChange={(event) => {
            const field = event.currentTarget;
            try {
              const list: unknown = JSON.parse(field.value);
              field.setCustomValidity(Array.isArray(list) ? '' : admin.noList);
              // What is in it the server judges.
              if (Array.isArray(list)) change(list as Value);
            } catch {
              field.setCustomValidity(admin.noList);
            }
            field.reportValidity();
          }}
        />
      );
    case 'text':
      return <input id={id} value={String(value)} spellcheck={false} onInput={(event) => change(event.currentTarget.value)} />;
    default:
      return (
        <input
          id={id}
          type="number"
          step={setting.kind === 'whole' ? '1' : 'any'}
          min={setting.minimum}
          max={setting.maximum}
          value={String(value)}
          onInput={(event) => {
            if (!Number.isNaN(event.currentTarget.valueAsNumber)) change(event.currentTarget.valueAsNumber);
          }}
        />
      );
  }
}
