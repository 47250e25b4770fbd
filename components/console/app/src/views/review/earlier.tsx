// The last crops of the same plate that were decided before, beside the new one: the same vehicle looks the same.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { call } from '../../api/client';
import type { SchemaEarlier, SchemaEarlierPhotos } from '../../api/schema';
import { href } from '../../router';
import { issuerName } from '../../texts/issuers';
import { texts } from '../../texts/en';
import { Crop } from '../../ui/crop';
import { Photo } from '../../ui/photo';
import { local } from '../../ui/time';
import type { Item } from './item';

/** Who decides at once needs no comparison, and the next photo is not kept waiting for it; in milliseconds. */
const DWELL_MS = 400;

export function Earlier({ item }: { item: Item }) {
  const found = useSignal<readonly SchemaEarlier[]>([]);
  const plate = item.plate.value;
  useEffect(() => {
    found.value = [];
    if (plate === '' || item.review.unprompted) return undefined;
    let over = false;
    const timer = setTimeout(() => {
      const path = `/v1/passages/${item.id}/earlier?plate=${encodeURIComponent(plate)}`;
      // It is a help: without an answer the work goes on as well.
      call<SchemaEarlierPhotos>('GET', path).then(
        (answer) => {
          if (!over) found.value = answer.items;
        },
        () => {},
      );
    }, DWELL_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [item, plate]);
  // Those that stand beside it as look-alikes or of the same crossing are not shown twice.
  const beside = new Set(item.review.related.map((other) => other.passage));
  const shown = found.value.filter((one) => !beside.has(one.passage) && one.crop_url !== null);
  if (shown.length === 0) return null;
  return (
    <div class="earlier">
      <p class="small muted">{texts.review.earlier}</p>
      <div class="pair">
        {shown.map((one) => (
          <One key={one.passage} one={one} plate={plate} zone={item.review.time_zone} />
        ))}
      </div>
    </div>
  );
}

function One({ one, plate, zone }: { one: SchemaEarlier; plate: string; zone: string }) {
  const { rest } = local(one.captured_at, zone);
  const crop = useMemo(() => one.crop_url && new Photo(one.crop_url, texts.review.earlierPhoto(plate, rest)), [one.crop_url]);
  if (!crop || crop.status.value !== 'ready') return null;
  return (
    <a href={href(`passages/${one.passage}`)} target="_blank" rel="noopener" tabIndex={-1}>
      <Crop photo={crop} />
      <span>
        {rest}, {texts.review.earlierBy[one.by]}
        {one.jurisdiction && `, ${issuerName(one.jurisdiction)}`}
      </span>
    </a>
  );
}
