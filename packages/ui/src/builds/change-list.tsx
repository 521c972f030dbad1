/** The images of a comparison, the most changed first: a list of any length, of which only visible rows are in the document. */
import { addressOf } from '@saltworks/contract/api/endpoint';
import { getDatasetImageThumbnail } from '@saltworks/contract/api/mask-sets';
import type { ComparedImage } from '@saltworks/contract/documents/comparisons';
import { useEffect, useRef, useState } from 'react';
import { heightOf, shownAt, topOf } from '../datasets/rows.ts';
import { percent } from '../plots/figures.ts';
import type { Mark } from './marks.ts';
import { causes, keptWords } from './words.ts';

interface Props {
  dataset: string;
  count: number;
  at(index: number): ComparedImage | undefined;
  /** Called with the range of visible rows. */
  look(first: number, last: number): void;
  chosen: number;
  choose(index: number): void;
  markOf(image: number): Mark | undefined;
}

/** Pixels of a row. */
const row = 64;

export function ChangeList({ dataset, count, at, look, chosen, choose, markOf }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ top: 0, view: 600 });
  useEffect(() => {
    const measure = () => setPlace({ top: host.current!.scrollTop, view: host.current!.clientHeight });
    measure();
    const resized = new ResizeObserver(measure);
    resized.observe(host.current!);
    return () => resized.disconnect();
  }, []);
  const size = { count, columns: 1, row, view: place.view };
  const { first, last, offset } = shownAt(size, place.top);
  // One row beyond the last known asks for the next part.
  const wanted = Math.max(last, Math.ceil(place.view / row));
  useEffect(() => look(first, wanted), [first, wanted, look]);
  // The chosen row comes into view, whoever chose it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: not again when the list grows
  useEffect(() => {
    const { scrollTop, clientHeight } = host.current!;
    const top = topOf(size, chosen);
    if (top < scrollTop) host.current!.scrollTop = top;
    else if (top + row > scrollTop + clientHeight) host.current!.scrollTop = top + row - clientHeight;
  }, [chosen]);
  return (
    <div
      ref={host}
      className="changes"
      onScroll={({ currentTarget }) => setPlace({ top: currentTarget.scrollTop, view: currentTarget.clientHeight })}
    >
      <div style={{ height: heightOf(size) }}>
        <ul aria-label="Images, the most changed first" style={{ transform: `translateY(${offset}px)` }}>
          {Array.from({ length: last - first }, (_, i) => first + i).map((index) => (
            <li key={index} aria-setsize={count} aria-posinset={index + 1} style={{ height: row }}>
              <Row
                dataset={dataset}
                image={at(index)}
                chosen={index === chosen}
                choose={() => choose(index)}
                markOf={markOf}
              />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

interface RowProps extends Pick<Props, 'dataset' | 'markOf'> {
  image: ComparedImage | undefined;
  chosen: boolean;
  choose(): void;
}

const markWords = { take: 'take new', keep: 'keep old' };

function Row({ dataset, image, chosen, choose, markOf }: RowProps) {
  const mark = image && markOf(image.id);
  return (
    <button type="button" aria-current={chosen || undefined} disabled={!image} onClick={choose} title={image?.name}>
      {image && (
        <>
          <img
            src={addressOf(getDatasetImageThumbnail, { params: { dataset, image: String(image.id) } })}
            alt=""
            loading="lazy"
          />
          <span className="work">
            <span>{image.name}</span>
            <small>
              {image.reason ? 'not compared' : percent(image.changed)}
              {image.why.length > 0 && ` · ${image.why.map((why) => causes[why]).join(', ')}`}
              {image.kept && ` · ${keptWords[image.kept]}`}
            </small>
          </span>
          {mark && <span className={`mark ${mark}`}>{markWords[mark]}</span>}
        </>
      )}
    </button>
  );
}
