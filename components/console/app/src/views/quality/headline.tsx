// The one figure, with its bounds drawn against the target.
import type { SchemaQuality } from '../../api/schema';
import { quality as texts, share } from '../../texts/quality';

export function Headline({ quality }: { quality: SchemaQuality }) {
  const { all, target_percent: target } = quality;
  if (all.error_percent === null) return <p class="big">{texts.headlineNone}</p>;
  const wrong = Object.values(all.errors).reduce((sum, n) => sum + n, 0);
  const kinds = Object.entries(texts.kinds).filter(([kind]) => all.errors[kind as keyof typeof all.errors] > 0);
  return (
    <section class="headline">
      <p class="big">{texts.headline(share(all.error_percent))}</p>
      <Scale low={all.at_least_percent} error={all.error_percent} high={all.at_most_percent} target={target} />
      <p>{texts.bound(share(all.at_least_percent), share(all.at_most_percent))}</p>
      <p class="muted">
        {texts.counted(all.read, wrong, all.unread)} {all.left_out > 0 && texts.leftOut(all.left_out)} {quality.more && texts.more}
      </p>
      {kinds.length > 0 && (
        <p class="muted">
          {kinds.map(([kind, name]) => `${name}: ${all.errors[kind as keyof typeof all.errors]}`).join(' · ')}
        </p>
      )}
    </section>
  );
}

/** From zero to beyond whatever is largest: the measured error as a point, its bounds as a bar, the target as a line. */
function Scale({ low, error, high, target }: { low: number; error: number; high: number; target: number }) {
  const most = Math.max(Math.min(high, 20 * target), target) * 1.15;
  const at = (value: number) => `${Math.min(100, (100 * value) / most)}%`;
  return (
    <div class="scale" role="img" aria-label={`${texts.scale}: ${share(error)}, ${texts.range(share(low), share(high))}, ${texts.target(share(target))}`}>
      <i class="bar" style={{ left: at(low), right: `calc(100% - ${at(high)})` }} />
      <i class="point" style={{ left: at(error) }} />
      <i class="target" style={{ left: at(target) }}>
        <span>{texts.target(share(target))}</span>
      </i>
    </div>
  );
}
