/** A plot, and its data as a table, which screen readers always find. */
import { useEffect, useRef, useState } from 'react';
import { hasRows, heightOf, maxBars, type Plot } from './plot.ts';
import { type Column, Table } from './table.tsx';

interface Props {
  caption: string;
  plot: Plot;
  columns: Column[];
  rows: React.ReactNode[][];
}

export function Figure({ caption, plot, columns, rows }: Props) {
  const [asTable, setAsTable] = useState(false);
  const more = hasRows(plot) ? plot.rows.length - maxBars : 0;
  return (
    <figure className="plot" aria-label={caption}>
      <div className="plot-head">
        <figcaption>{caption}</figcaption>
        <button type="button" className="quiet" aria-pressed={asTable} onClick={() => setAsTable((now) => !now)}>
          Show as table
        </button>
      </div>
      {!asTable && <Canvas plot={plot} />}
      {!asTable && more > 0 && <p className="hint">{more} more are in the table.</p>}
      <Table caption={caption} columns={columns} rows={rows} unseen={!asTable} />
    </figure>
  );
}

function Canvas({ plot }: { plot: Plot }) {
  const host = useRef<HTMLDivElement>(null);
  const [failure, setFailure] = useState(false);
  // Draw again when the data changes, not whenever it is fetched.
  const shown = JSON.stringify(plot);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shown` stands for the plot's data
  useEffect(() => {
    let end: (() => void) | undefined;
    let closed = false;
    import('./draw.ts').then(
      ({ draw }) => {
        if (!closed && host.current) end = draw(host.current, plot);
      },
      () => setFailure(true),
    );
    return () => {
      closed = true;
      end?.();
    };
  }, [shown]);
  if (failure) return <p className="hint">The plot could not be loaded; its table is there.</p>;
  return <div ref={host} className="canvas" aria-hidden="true" style={{ minHeight: heightOf(plot) }} />;
}
