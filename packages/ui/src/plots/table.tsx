/** A table as data: columns, rows, a caption. */

export interface Column {
  name: string;
  /** Aligned to the right, digits of one width. */
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
  /** The first cell of a row names it. */
  rows: React.ReactNode[][];
  /** It is there for those only who do not see the page. */
  unseen?: boolean;
}) {
  const align = (i: number) => (columns[i].number ? 'number' : undefined);
  return (
    // Where it is wider than the page, keys must reach it to scroll.
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
