// The published files of an export, in every profile that has it. Downloads, never rendered anew.
import type { SchemaExport, SchemaExportProfile } from '../../api/schema';
import { published as texts } from '../../texts/exports';

const PARTS = ['file', 'manifest', 'signature'] as const;

interface Props {
  shown: SchemaExport;
  profiles: readonly SchemaExportProfile[];
  /** Names of those whose file is lost and was given up. */
  gone: readonly string[];
  signed: boolean;
}

export function Files({ shown, profiles, gone, signed }: Props) {
  const parts = PARTS.filter((part) => signed || part !== 'signature');
  return (
    <section class="stack">
      <h2>{texts.files}</h2>
      <table>
        <tbody>
          {profiles.map((profile) => (
            <tr key={profile.name}>
              <th scope="row">{texts.profileName(profile)}</th>
              <td>
                {profile.published_through < shown.sequence ? (
                  <span class="muted">{texts.notCopied}</span>
                ) : (
                  <span class="row">
                    {parts.map((part) =>
                      part === 'file' && gone.includes(profile.name) ? (
                        <span key={part} class="muted">
                          {texts.parts[part]}: {texts.released}
                        </span>
                      ) : (
                        <a
                          key={part}
                          href={`/v1/exports/${shown.sequence}/${part}${profile.billing ? '' : `?profile=${encodeURIComponent(profile.name)}`}`}
                          download={part === 'file' ? shown.file_name : `${shown.file_name}.${part}.json`}
                          aria-label={`${texts.parts[part]}, ${texts.profileName(profile)}`}
                        >
                          {texts.parts[part]}
                        </a>
                      ),
                    )}
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="small muted">{texts.filesNote}</p>
    </section>
  );
}
