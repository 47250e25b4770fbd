// Who changed what and when, and the way back where there is one.
import { useEffect, useMemo } from 'preact/hooks';
import type { SchemaChange } from '../../api/schema';
import { admin } from '../../texts/admin';
import { Columns } from '../../ui/columns';
import { Failure } from '../../ui/failure';
import { Listing } from '../../ui/listing';
import { meet, nameOf } from '../../ui/people';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';

interface Props {
  of: 'settings' | 'booths' | 'tokens';
  /** Grows when something was changed: then the list is asked for again. */
  seen: number;
  /** How this change is undone; none where it cannot be. `older` are the changes before it, newest first. */
  undo?: (change: SchemaChange, older: readonly SchemaChange[]) => (() => Promise<void>) | null;
}

export function Changes({ of, seen, undo }: Props) {
  const list = useMemo(() => new Listing<SchemaChange>('/v1/changes', 'before'), [of]);
  useEffect(() => void list.load({ of }), [of, seen]);
  useEffect(meet, []);
  const items = list.items.value;
  return (
    <section class="stack">
      <h2>{admin.changesTitle}</h2>
      {list.failure.value !== null && <Failure error={list.failure.value} retry={() => void list.load({ of })} />}
      {items?.length === 0 && <p class="muted">{admin.changesNone}</p>}
      {items && items.length > 0 && (
        <Scroll label={admin.changesTitle}>
          <table>
            <Columns names={Object.values(admin.changesColumns)} />
            <tbody>
              {items.map((change, at) => {
                const back = undo?.(change, items.slice(at + 1)) ?? null;
                return (
                  <tr key={change.sequence}>
                    <td>{full(change.at)}</td>
                    <td title={change.by.id}>
                      {nameOf(change.by.id)} <span class="muted">({change.by.role})</span>
                    </td>
                    <td>
                      {admin.change(change.kind)} {change.booth}
                    </td>
                    <td>
                      {differences(change).map((line) => (
                        <div key={line}>{line}</div>
                      ))}
                      {back && (
                        <button type="button" aria-label={admin.undoOf(differences(change).join('; '), full(change.at))} onClick={() => void back()}>
                          {admin.undo}
                        </button>
                      )}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
      )}
      {list.last.value?.next != null && (
        <div class="row">
          <button type="button" aria-disabled={list.busy.value} onClick={() => void list.more({ of })}>
            {admin.more}
          </button>
        </div>
      )}
    </section>
  );
}

/** What a change of a setting says of it; none for what else an event holds. */
export function moved(value: unknown): { from: unknown; to: unknown } | null {
  return typeof value === 'object' && value !== null && 'from' in value && 'to' in value ? (value as { from: unknown; to: unknown }) : null;
}

function differences(change: SchemaChange): string[] {
  return Object.entries(change.detail as Record<string, unknown>).map(([name, value]) => {
    const step = moved(value);
    return step ? admin.difference(name, admin.value(step.from), admin.value(step.to)) : `${name}: ${admin.value(value)}`;
  });
}
