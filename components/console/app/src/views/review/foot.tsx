// The keys of this state, and the last decisions.
import { issuerName } from '../../texts/issuers';
import { desk } from '../../texts/desk';
import { texts } from '../../texts/en';
import { type Action, cap, keys } from './keymap';
import { count, history } from './work';

const words = texts.review.foot;
const SHOWN: [Action[], string][] = [
  [['accept'], words.accept],
  [['previous', 'next'], words.candidate],
  [['reject'], words.reject],
  [['undo'], words.undo],
  [['skip'], words.skip],
  [['flag'], words.flag],
  [['help'], words.help],
];

export function Foot() {
  const last = history.value.at(-1);
  return (
    <footer class="foot">
      {SHOWN.map(([actions, name]) => (
        <span key={name} class="key">
          {actions.map((action) => (
            <kbd key={action}>{cap(keys.value[action])}</kbd>
          ))}
          {name}
        </span>
      ))}
      <span class="last" role="status">
        {last &&
          ('plate' in last.verdict ? (
            <>
              {texts.review.billed} <code>{last.verdict.plate}</code> {issuerName(last.verdict.jurisdiction)}
            </>
          ) : 'flag' in last.verdict ? (
            desk.just
          ) : (
            <>
              {texts.review.rejected}: {texts.reject(last.verdict.reject)}
            </>
          ))}
        {last && !last.stored && ` ${texts.review.sending}`}
        {count.value > 0 && (
          <>
            {' · '}
            <b>{texts.review.today(count.value)}</b>
          </>
        )}
      </span>
    </footer>
  );
}
