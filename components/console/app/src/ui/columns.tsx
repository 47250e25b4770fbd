// The head of a table: a name over each column, and over a last one with buttons what only a screen reader says.
interface Props {
  names: readonly string[];
  buttons?: string;
}

export function Columns({ names, buttons }: Props) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        {buttons !== undefined && (
          <th scope="col">
            <span class="hidden">{buttons}</span>
          </th>
        )}
      </tr>
    </thead>
  );
}
