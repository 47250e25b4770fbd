// A type of plate, or none of them.
import type { SchemaPlateType } from '../api/schema';
import { plateTypes, PLATE_TYPES } from '../texts/plate-types';

interface Props {
  value: string;
  /** What it says where none is chosen. */
  none: string;
  onChange: (type: SchemaPlateType | '') => void;
  /** The key that goes through them. */
  shortcut?: string;
}

export function TypeSelect({ value, none, onChange, shortcut }: Props) {
  return (
    <select
      value={value}
      aria-keyshortcuts={shortcut}
      onChange={(event) => onChange(PLATE_TYPES.find((type) => type === event.currentTarget.value) ?? '')}
    >
      <option value="">{none}</option>
      {PLATE_TYPES.map((type) => (
        <option key={type} value={type}>
          {plateTypes[type]}
        </option>
      ))}
    </select>
  );
}
