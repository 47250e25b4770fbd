// Photos that may show the same crossing, beside the one to decide: front and rear, or a vehicle and what it tows.
import { href } from '../../router';
import { texts } from '../../texts/en';
import type { Item } from './item';

export function RelatedPhotos({ item }: { item: Item }) {
  const { related } = item.review;
  if (related.length === 0) return null;
  return (
    <div class="stack related">
      <p class="small muted">{texts.review.related}</p>
      {related.map((other) => (
        <a key={other.passage} href={href(`passages/${other.passage}`)} target="_blank">
          <img src={other.photo_url} alt={texts.review.other(other.camera)} />
          <span>
            {other.plate && <code>{other.plate}</code>} {texts.state(other.state)}
          </span>
        </a>
      ))}
    </div>
  );
}
