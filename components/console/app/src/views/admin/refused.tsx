// A refusal of the server: every violation, one line each.
import { Problem } from '../../api/client';
import { admin } from '../../texts/admin';
import { Failure } from '../../ui/failure';

export function Refused({ error }: { error: unknown }) {
  if (error === null) return null;
  const lines = error instanceof Problem && Array.isArray(error.body.violations) ? error.body.violations.map(String) : [];
  if (lines.length === 0) return <Failure error={error} />;
  return (
    <div class="note bad" role="alert">
      <p>
        <b>{admin.wrong}</b>
      </p>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
