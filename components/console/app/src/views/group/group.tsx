// Open photos whose likeliest text is one plate, side by side. Each has its own decision.
import './group.css';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { href } from '../../router';
import { desk } from '../../texts/desk';
import { Failure } from '../../ui/failure';
import { Card } from './card';
import { Group } from './taken';

export default function GroupView() {
  const plate = new URLSearchParams(location.search).get('plate') ?? '';
  const group = useMemo(() => new Group(plate), [plate]);
  const ready = useSignal(false);
  useEffect(() => {
    void group.start().then(() => {
      ready.value = true;
    });
    return () => group.stop();
  }, [group]);
  const cards = group.cards.value;
  return (
    <main class="page group" id="content">
      <div>
        <h1>
          {desk.group.title}{' '}
          <code>{plate}</code>
        </h1>
        <p class="muted">{desk.group.how}</p>
      </div>
      {group.failure.value !== null && <Failure error={group.failure.value} />}
      {ready.value && cards.length === 0 && group.failure.value === null && <p>{desk.group.none}</p>}
      <ol class="cards">
        {cards.map((card, at) => (
          <li key={card.item.id}>
            <Card card={card} at={at + 1} of={cards.length} next={() => focusAfter(at)} />
          </li>
        ))}
      </ol>
      {group.others.value > 0 && <p class="muted">{desk.group.others(group.others.value)}</p>}
      <p>
        <a href={href('review')}>{desk.group.back}</a>
      </p>
    </main>
  );
}

/** The plate field of the next photo that is not decided. */
function focusAfter(at: number): void {
  requestAnimationFrame(() => {
    const fields = [...document.querySelectorAll<HTMLInputElement>('.group .cards > li')];
    const order = [...fields.slice(at + 1), ...fields.slice(0, at + 1)];
    order.map((card) => card.querySelector('input')).find((field) => field !== null)?.focus();
  });
}
