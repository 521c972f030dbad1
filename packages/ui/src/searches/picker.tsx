/** Choosing an example on a picture: a segment of its mask, or a stroke. */
import { addressOf } from '@saltworks/contract/api/endpoint';
import {
  type DatasetDetail,
  type DatasetImageInfo,
  getDatasetImageMask,
  getDatasetImageThumbnail,
  getDatasetImageView,
} from '@saltworks/contract/api/mask-sets';
import { type NewSearch, postDatasetSearch } from '@saltworks/contract/api/searches';
import { background, css, namedColours, namesOf } from '@saltworks/core/screen/colours';
import { useEffect, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { idAt, type Labels } from '../annotate/labels.ts';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { Photograph } from '../datasets/photograph.tsx';
import { labelsAt } from '../datasets/picture.ts';
import { DrawOn, type Point } from './draw-on.tsx';

interface Props {
  dataset: DatasetDetail;
  image: DatasetImageInfo;
  /** The set of masks whose segments are offered. */
  recipe?: string;
}

type Choice = { segment: number } | { points: Point[] };

/** Pixels of the mask's longer side, on the screen and for picking. */
const side = 1600;

export function Picker({ dataset: { name: dataset, keys, masks }, image, recipe }: Props) {
  const place = { params: { dataset, image: String(image.id) } };
  const view = addressOf(getDatasetImageView, place);
  const path =
    recipe && image.mask !== null ? addressOf(getDatasetImageMask, { ...place, query: { recipe } }) : undefined;
  const size = useSize(view);
  const labels = useLabels(path);
  const [choice, setChoice] = useState<Choice>();
  const [compared, setCompared] = useState('');
  const [, go] = useLocation();
  const { failure, attempt } = useAttempt(() => {});
  const classes = useMemo(
    () =>
      (masks.find((set) => set.recipe === recipe)?.classes ?? []).map(({ name: id, colour, called }) => ({
        ...{ id, colour, name: called },
      })),
    [masks, recipe],
  );
  const colours = useMemo(() => namedColours(image.segments, classes), [image, classes]);
  const segments = path ? numbered(image.segments, namesOf(classes)) : [];
  const chosen = choice && 'segment' in choice ? choice.segment : undefined;
  const drawn = choice && 'points' in choice ? choice.points : undefined;
  const shownColours = chosen === undefined ? colours : new Map([...colours].filter(([id]) => id === chosen));
  const radius = size && Math.min(100, Math.max(2, Math.round(Math.max(size.width, size.height) / 120)));

  const pick = (point: Point) => {
    const id = labels && size ? idAt(labels, size, { x: point[0], y: point[1] }) : 0;
    setChoice(segments.some((segment) => segment.id === id) ? { segment: id } : { points: [point] });
  };
  const search = (event: React.FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      const common = { image: image.id, ...(compared && { keys: compared }) };
      const body: NewSearch | undefined =
        chosen !== undefined && recipe
          ? { ...common, recipe, segment: chosen }
          : drawn && radius
            ? { ...common, stroke: { points: drawn, radius } }
            : undefined;
      if (!body) throw new Error('Nothing is chosen yet: draw over something in the picture, or choose a segment.');
      const { id } = await ask(postDatasetSearch, { params: { dataset }, body });
      go(`/datasets/${dataset}/search/${id}`);
    });
  };
  return (
    <form className="picker" onSubmit={search}>
      <p className="hint">
        Draw over something in the picture{segments.length > 0 && ', or choose one of its segments'}. Every other image
        of the dataset is asked where it has something like it.
      </p>
      <Photograph
        image={view}
        instead={addressOf(getDatasetImageThumbnail, place)}
        mask={path ? { path, colours: shownColours } : undefined}
        masked
        side={side}
        name={image.name}
      >
        {size && radius && (
          <DrawOn {...size} radius={radius} drawn={drawn} draw={(points) => setChoice({ points })} pick={pick} />
        )}
      </Photograph>
      {segments.length > 0 && (
        <fieldset className="filters">
          <legend>Segments of {image.name}</legend>
          {segments.map(({ id, name }) => (
            <label key={id} className="choice">
              <input type="radio" name="segment" checked={chosen === id} onChange={() => setChoice({ segment: id })} />
              <span>
                <span className="swatch" style={{ background: css(colours.get(id) ?? background) }} /> {name}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <p className="actions">
        {keys.length > 1 && (
          <label>
            Keys{' '}
            <select value={compared} onChange={(event) => setCompared(event.target.value)}>
              <option value="">the first that the image has</option>
              {keys.map((id) => (
                <option key={id}>{id}</option>
              ))}
            </select>
          </label>
        )}
        <button type="submit" className="main">
          Where else?
        </button>
        <span role="status">
          {drawn ? 'Your stroke is the example.' : segments.find(({ id }) => id === chosen)?.name}
        </span>
      </p>
      <p role="alert" className="failure">
        {failure}
      </p>
    </form>
  );
}

/** Segments with names of their own: "cup 1", "cup 2". */
function numbered(segments: DatasetImageInfo['segments'], nameOf: (category: string) => string) {
  const counts = new Map<string, number>();
  return [...segments]
    .sort((a, b) => a.id - b.id)
    .map(({ id, category }) => {
      const nth = (counts.get(category) ?? 0) + 1;
      counts.set(category, nth);
      return { id, name: `${nameOf(category)} ${nth}` };
    });
}

/** The size of a picture; undefined until it is there. */
function useSize(view: string) {
  const [size, setSize] = useState<{ width: number; height: number }>();
  useEffect(() => {
    let closed = false;
    const picture = new Image();
    picture.onload = () => !closed && setSize({ width: picture.naturalWidth, height: picture.naturalHeight });
    picture.src = view;
    return () => {
      closed = true;
    };
  }, [view]);
  return size;
}

/** Which segment is where; undefined until that is known. */
function useLabels(path: string | undefined): Labels | undefined {
  const [labels, setLabels] = useState<Labels>();
  useEffect(() => {
    let closed = false;
    // Without it a click is a stroke.
    if (path)
      labelsAt(path, side).then(
        (read) => !closed && setLabels(read),
        () => {},
      );
    return () => {
      closed = true;
    };
  }, [path]);
  return labels;
}
