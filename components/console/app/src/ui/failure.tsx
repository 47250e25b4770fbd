// A failure in words: what happened, under which request, and what to do.
import { Problem, Unreachable } from '../api/client';
import { texts } from '../texts/en';

export function words(error: unknown): string {
  if (error instanceof Problem) return forbidsRole(error) ? texts.forbidden : error.message;
  if (error instanceof Unreachable) return texts.failure.gone;
  return error instanceof Error ? error.message : String(error);
}

/** Of a role the console knows more than the server says; of anything else that is forbidden the server says what it is. */
function forbidsRole(problem: Problem): boolean {
  return problem.status === 403 && (typeof problem.body.detail !== 'string' || /^The role `[^`]*` does not allow this\.$/.test(problem.message));
}

/** Whether the same again may be answered otherwise: what is refused for what was asked, or for who asks, is refused again. */
function mayPass(error: unknown): boolean {
  return !(error instanceof Problem) || ![400, 403, 404, 410, 422].includes(error.status);
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div class="note bad stack" role="alert">
      <p>
        <b>{texts.failure.title}</b> {words(error)}
      </p>
      {error instanceof Problem && error.requestId && <p class="small muted">{texts.failure.request(error.requestId)}</p>}
      {retry && mayPass(error) && (
        <p>
          <button type="button" onClick={retry}>
            {texts.failure.retry}
          </button>
        </p>
      )}
    </div>
  );
}
