import { href } from '../../router';
import { texts } from '../../texts/en';

export function Missing() {
  return (
    <main class="page" id="content">
      <h1>{texts.missing.title}</h1>
      <p>
        <a href={href('')}>{texts.missing.home}</a>
      </p>
    </main>
  );
}
