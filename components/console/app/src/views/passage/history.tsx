// Everything that happened, in order, and who did it. Nothing in it can be changed afterwards.
import type { SchemaEvent } from '../../api/schema';
import { texts } from '../../texts/en';
import { plateTypes, PLATE_TYPES } from '../../texts/plate-types';
import { Failure } from '../../ui/failure';
import type { Listing } from '../../ui/listing';
import { nameOf } from '../../ui/people';
import { full } from '../../ui/time';

export function History({ listing }: { listing: Listing<SchemaEvent> }) {
  return (
    <section>
      <h2>{texts.passage.history}</h2>
      {listing.failure.value !== null && <Failure error={listing.failure.value} />}
      <ol class="events">
        {(listing.items.value ?? []).map((event) => (
          <li key={event.sequence}>
            <time dateTime={event.at}>{full(event.at)}</time>
            <span>
              <b>{texts.event(event.kind)}</b>{' '}
              <span class="muted" title={event.actor.id}>
                {texts.passage.by} {event.actor.role === 'system' ? event.actor.id : `${event.actor.role} ${nameOf(event.actor.id)}`}
              </span>
              {remark(event) && <span class="remark">{remark(event)}</span>}
            </span>
          </li>
        ))}
      </ol>
      {listing.last.value?.next != null && (
        <button type="button" aria-disabled={listing.busy.value} onClick={() => void listing.more({ limit: '200' })}>
          {texts.search.more}
        </button>
      )}
    </section>
  );
}

/** What the person, or the judge, said about it. */
function remark(event: SchemaEvent): string {
  const detail: Record<string, unknown> = event.detail;
  const type = PLATE_TYPES.find((each) => each === detail.plate_type);
  const parts = [detail.plate, type && plateTypes[type], detail.reason, detail.code, detail.remark];
  return parts.filter((part): part is string => typeof part === 'string' && part !== '').join(' · ');
}
