/** A table as data: columns, rows, a caption. */

export interface Column {
  name: string;
  /** Right-aligned, with digits of equal width. */
  number?: boolean;
}

export function Table({
  caption,
  columns,
  rows,
  unseen,
}: {
  caption: string;
  columns: Column[];
  /** The first cell of each row is its header. */
  rows: React.ReactNode[][];
  /** For screen readers only. */
  unseen?: boolean;
}) {
  const align = (i: number) => (columns[i].number ? 'number' : undefined);
  return (
    // A table wider than the page needs the focus to scroll by keys.
    <section className={unseen ? 'unseen' : 'scroll'} aria-label={caption} tabIndex={unseen ? undefined : 0}>
      <table className="data">
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name }, i) => (
              <th key={name} scope="col" className={align(i)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no names of their own
            <tr key={row}>
              {cells.map((cell, i) =>
                i === 0 ? (
                  <th key={columns[i].name} scope="row" className={align(i)}>
                    {cell}
                  </th>
                ) : (
                  <td key={columns[i].name} className={align(i)}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
