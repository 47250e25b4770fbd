// Where and when, how long it has waited, and how long it is reserved.
import { texts } from '../../texts/en';
import { full, local, now } from '../../ui/time';
import type { Item } from './item';

export function Facts({ item }: { item: Item }) {
  const { review } = item;
  const at = local(review.captured_at, review.time_zone);
  return (
    <div class="facts">
      <span>
        <b>{review.booth_name}</b> · {texts.review.lane(review.lane, review.camera)}
      </span>
      <span title={full(review.captured_at)}>
        <b>{at.time}</b> {at.rest}
      </span>
      <span>
        {texts.review.waiting} <b>{texts.age(now.value - Date.parse(review.opened_at))}</b>
      </span>
      <Lease item={item} />
    </div>
  );
}

function Lease({ item }: { item: Item }) {
  const left = item.until.value - now.value;
  const whole = Math.max(1, item.until.value - item.since.value);
  if (left <= 0) return <span class="lease over">{texts.review.leaseOver}</span>;
  const seconds = Math.ceil(left / 1000);
  return (
    <span class="lease">
      {texts.review.lease} {Math.floor(seconds / 60)}:{String(seconds % 60).padStart(2, '0')}
      <i style={{ '--share': Math.min(1, left / whole) }} />
    </span>
  );
}
