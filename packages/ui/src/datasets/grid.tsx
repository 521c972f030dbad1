/** A grid of any length that scrolls with the page; only visible cells are in the document. */
import { useEffect, useRef, useState } from 'react';
import { type GridSize, heightOf, shownAt, topOf } from './rows.ts';

interface Props {
  count: number;
  label: string;
  /** Called with the range of visible cells. */
  look(first: number, last: number): void;
  /** Renders a cell; an element in it carries `data-cell` and takes the focus. */
  cell(index: number): React.ReactNode;
}

const [cellWidth, gap, caption] = [190, 12, 78];

export function Grid({ count, label, look, cell }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ top: 0, view: 800, width: 0 });

  useEffect(() => {
    const measure = () => {
      const { top, width } = host.current!.getBoundingClientRect();
      setPlace({ top: Math.max(0, -top), view: innerHeight, width });
    };
    let frame = 0;
    const later = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(measure);
    };
    measure();
    const resized = new ResizeObserver(later);
    resized.observe(host.current!);
    addEventListener('scroll', later, { passive: true });
    addEventListener('resize', later);
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
      removeEventListener('scroll', later);
      removeEventListener('resize', later);
    };
  }, []);

  const columns = Math.max(2, Math.floor((place.width + gap) / (cellWidth + gap)));
  const width = (place.width - (columns - 1) * gap) / columns;
  const size: GridSize = {
    count,
    columns,
    row: Math.max(60, Math.round(width * 0.75) + caption + gap),
    view: place.view,
  };
  const { first, last, offset } = shownAt(size, place.top);
  // One row beyond the last known asks for the next part.
  const wanted = Math.max(last, Math.ceil(place.view / size.row) * columns);
  useEffect(() => look(first, wanted), [first, wanted, look]);

  const move = (event: React.KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const from = Number((event.target as HTMLElement).dataset.cell);
    if (step === undefined || Number.isNaN(from)) return;
    event.preventDefault();
    const to = Math.min(count - 1, Math.max(0, from + step));
    const focus = () => host.current?.querySelector<HTMLElement>(`[data-cell="${to}"]`)?.focus();
    if (to < first || to >= last) {
      scrollTo(0, host.current!.getBoundingClientRect().top + scrollY + topOf(size, to));
      setTimeout(focus, 50);
    } else focus();
  };

  const cells = Array.from({ length: last - first }, (_, i) => first + i);
  const rows = Math.ceil((last - first) / columns);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys move the focus among its cells
    <div ref={host} className="grid" style={{ height: heightOf(size) }} onKeyDown={move}>
      <ul
        aria-label={label}
        style={{
          transform: `translateY(${offset}px)`,
          gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
          gridTemplateRows: `repeat(${rows}, ${size.row - gap}px)`,
          gap,
        }}
      >
        {cells.map((index) => (
          <li key={index} aria-setsize={count} aria-posinset={index + 1}>
            {cell(index)}
          </li>
        ))}
      </ul>
    </div>
  );
}
