// What a supervisor is asked of this photo, whose it is, and how many others read alike.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaReviewPage } from '../../api/schema';
import { href } from '../../router';
import { desk } from '../../texts/desk';
import { meet, nameOf } from '../../ui/people';
import { full } from '../../ui/time';
import type { Item } from './item';

/** A photo that is decided at a glance is gone before anybody would look at others. */
const GLANCE_MS = 400;

export function Asked({ item }: { item: Item }) {
  const { flag, supervisor, assigned_until: until } = item.review;
  useEffect(() => {
    if (flag) meet();
  }, [flag]);
  return (
    <>
      {flag && (
        <div class="note asked">
          <p>
            <b>{desk.asked(nameOf(flag.by))}</b> {flag.note}
          </p>
        </div>
      )}
      {supervisor === 'overdue' && (
        <div class="note">
          <p>
            <b>{desk.overdue}</b> {desk.overdueHow}
          </p>
        </div>
      )}
      {until && <p class="small muted">{desk.yours(full(until))}</p>}
    </>
  );
}

/** Nothing is asked of a photo without a suggestion: it is in no group. */
export function Alike({ item }: { item: Item }) {
  const count = useSignal(0);
  const { suggestion, unprompted, answers } = item.review;
  useEffect(() => {
    count.value = 0;
    if (!suggestion || unprompted || answers.length > 0) return undefined;
    let over = false;
    const timer = setTimeout(() => {
      const query = new URLSearchParams({ candidate: suggestion, limit: '1' });
      call<SchemaReviewPage>('GET', `/v1/reviews?${query}`).then(
        (page) => {
          // Of the photo that was here before, it says nothing of this one.
          if (!over) count.value = page.total - 1;
        },
        () => {}, // it is only an offer
      );
    }, GLANCE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [item]);
  if (count.value < 1 || !suggestion) return null;
  return (
    <p class="small">
      {desk.alike(count.value)} <a href={`${href('group')}?${new URLSearchParams({ plate: suggestion })}`}>{desk.together}</a>
    </p>
  );
}
