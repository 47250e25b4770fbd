// The plate: one field, shown as one cell a character, with the doubtful ones marked.
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { texts } from '../../texts/en';
import { doubtsOf } from './doubt';
import type { Item } from './item';

const LONGEST = 10;
/** Cells that are shown for a short plate. */
const USUAL = 7;

/** As billing looks it up: capitals, without what is only printed. */
function normalised(text: string): string {
  return text.replace(/[^a-z0-9]/gi, '').toUpperCase().slice(0, LONGEST);
}

export function PlateField({ item }: { item: Item }) {
  const input = useRef<HTMLInputElement>(null);
  const help = useId();
  const text = item.plate.value;
  const doubts = doubtsOf(text, item.review.candidates);
  const cells = Math.max(USUAL, text.length + (text.length < LONGEST ? 1 : 0));

  // A new review: the hands are on the keys already, and the first doubtful character is selected.
  useLayoutEffect(() => {
    const field = input.current;
    if (!field || item.review.asks === 'issuer') return;
    field.focus({ preventScroll: true });
    const first = doubts[0];
    if (first) field.setSelectionRange(first.at, first.at + 1);
    else field.setSelectionRange(text.length, text.length);
  }, [item]);

  const enter = (field: HTMLInputElement, at: number) => {
    const doubtful = doubts.some((doubt) => doubt.at === at);
    field.setSelectionRange(at, doubtful ? at + 1 : at);
  };
  const move = (event: KeyboardEvent) => {
    const field = event.currentTarget;
    if (!(field instanceof HTMLInputElement) || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    const start = field.selectionStart ?? 0;
    const end = field.selectionEnd ?? 0;
    if (event.key === 'ArrowLeft') enter(field, Math.max(0, start - 1));
    else if (event.key === 'ArrowRight') enter(field, Math.min(text.length, Math.max(end, start + 1)));
    else if (event.key === 'Home') enter(field, 0);
    else return;
    event.preventDefault();
  };
  return (
    <div class="plate">
      <label for={`${help}f`}>{texts.review.plate}</label>
      <div class="cells" style={{ '--n': cells }}>
        <div class="marks" aria-hidden="true">
          {Array.from({ length: cells }, (_, at) => {
            const doubt = doubts.find((found) => found.at === at);
            return (
              <span key={at} class={doubt ? 'doubt' : at < text.length ? '' : 'free'}>
                {doubt?.others}
              </span>
            );
          })}
        </div>
        <input
          id={`${help}f`}
          ref={input}
          value={text}
          maxLength={LONGEST + 5}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          enterkeyhint="done"
          aria-describedby={help}
          onKeyDown={move}
          onInput={(event) => {
            const field = event.currentTarget;
            const caret = normalised(field.value.slice(0, field.selectionStart ?? 0)).length;
            item.plate.value = normalised(field.value);
            // Written back at once, so that the caret stays where it was.
            field.value = item.plate.value;
            const at = Math.min(caret, item.plate.value.length);
            const next = doubtsOf(item.plate.value, item.review.candidates).some((doubt) => doubt.at === at);
            field.setSelectionRange(at, next ? at + 1 : at);
          }}
        />
      </div>
      <p id={help} class="hidden">
        {doubts.length > 0 && texts.review.doubt(doubts.map(({ at, others }) => [text.charAt(at), ...others].join(' / ')).join(', '))}
        {texts.review.plateHelp}
      </p>
    </div>
  );
}
