// The places to which published files are delivered, as the delivery reported them.
import type { SchemaDestination } from '../../api/schema';
import { published as texts } from '../../texts/exports';
import { Scroll } from '../../ui/scroll';
import { full } from '../../ui/time';

export function Destinations({ items }: { items: readonly SchemaDestination[] }) {
  return (
    <section class="stack">
      <h2>{texts.destinations}</h2>
      {items.length === 0 && <p class="muted">{texts.noDestinations}</p>}
      {items.length > 0 && (
        <Scroll label={texts.destinations}>
          <table>
            <thead>
              <tr>
                {Object.entries(texts.destinationColumns).map(([key, name]) => (
                  <th key={key} scope="col" class={key === 'waiting' ? 'number' : undefined}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <Row key={item.name} item={item} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function Row({ item }: { item: SchemaDestination }) {
  return (
    <tr>
      <th scope="row">{item.name}</th>
      <td>{item.kind}</td>
      <td>{item.profile}</td>
      <td>
        <span class={`state-${item.state}`}>{texts.state(item)}</span>
        {item.failing_since !== null && <> {texts.since(full(item.failing_since))}</>}
        {item.trouble !== null && <p class="small">{texts.trouble(item)}</p>}
        {item.trouble === null && item.last_trouble !== null && item.last_trouble_at !== null && (
          <p class="small muted">{texts.lastTrouble(item, full(item.last_trouble_at))}</p>
        )}
      </td>
      <td>
        {item.delivered_through === 0 ? '–' : item.delivered_through}
        {item.delivered_at !== null && <p class="small muted">{full(item.delivered_at)}</p>}
      </td>
      <td class="number">{item.pending.toLocaleString('en-US')}</td>
      <td>{full(item.reported_at)}</td>
    </tr>
  );
}
