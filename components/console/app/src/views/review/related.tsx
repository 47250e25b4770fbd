// Photos beside the one to decide: of what may be the same crossing, front and rear, or a vehicle and what it tows; and of
// plates that pass here and read almost the same.
import type { SchemaRelated } from '../../api/schema';
import { href } from '../../router';
import { texts } from '../../texts/en';
import { Plate, ThisPlate } from './beside';
import type { Item } from './item';

export function RelatedPhotos({ item }: { item: Item }) {
  const { related } = item.review;
  const alike = related.filter((other) => other.relation === 'look-alike');
  const crossing = related.filter((other) => other.relation !== 'look-alike');
  return (
    <>
      <Photos item={item} title={texts.review.lookAlike} others={alike} />
      <Photos item={item} title={texts.review.related} others={crossing} />
    </>
  );
}

function Photos({ item, title, others }: { item: Item; title: string; others: readonly SchemaRelated[] }) {
  if (others.length === 0) return null;
  return (
    <div class="stack related">
      <p class="small muted">{title}</p>
      <div class="pair">
        <ThisPlate item={item} />
        {others.map((other) => (
          <a key={other.passage} href={href(`passages/${other.passage}`)} target="_blank" rel="noopener">
            <Plate crop={other.crop_url} whole={other.photo_url} alt={texts.review.other(other.camera)} />
            <span>
              {other.plate && <code>{other.plate}</code>} {texts.state(other.state)}
            </span>
          </a>
        ))}
      </div>
    </div>
  );
}
