/** What a search by example found: its state, and a grid of pictures with the places outlined, to be chosen from. */
import { addressOf } from '@saltworks/contract/api/endpoint';
import { postTags } from '@saltworks/contract/api/filters';
import { type DatasetDetail, getDatasetImageThumbnail, getDatasetImageView } from '@saltworks/contract/api/mask-sets';
import { getDatasetSearch, postDatasetSearch, type Search, type SearchPlace } from '@saltworks/contract/api/searches';
import { failingText, shareOf, throughOf, waitingText } from '@saltworks/contract/run-state';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { KeepFilter } from '../datasets/found.tsx';
import { Grid } from '../datasets/grid.tsx';
import { Large } from '../datasets/large.tsx';
import { Mark } from '../datasets/mark.tsx';
import { Photograph } from '../datasets/photograph.tsx';
import { stageWords } from '../datasets/run-list.tsx';
import type { Shown } from '../datasets/shown.ts';
import { useLoaded } from '../load.ts';
import { counted } from '../plots/figures.ts';
import { Await } from '../states.tsx';

interface Props {
  dataset: DatasetDetail;
  search: string;
  /** May make lists of images; may make campaigns. */
  manages: boolean;
  admin: boolean;
}

const busyMs = 1_000;

export function SearchResults({ dataset, search: id, ...may }: Props) {
  const { name } = dataset;
  const [every, setEvery] = useState<number | undefined>(busyMs);
  const loaded = useLoaded(getDatasetSearch, { params: { dataset: name, search: id } }, every);
  const wanted = loaded.value && loaded.value.run?.state !== 'running' ? undefined : busyMs;
  if (loaded.value && wanted !== every) setEvery(wanted);
  return (
    <Await loaded={loaded} what="the search">
      {(search) => (
        <>
          <Example dataset={name} search={search} />
          <State dataset={name} search={search} again={loaded.again} />
          {search.found && <Places dataset={dataset} search={search} places={search.found.results} {...may} />}
        </>
      )}
    </Await>
  );
}

function Example({ dataset, search: { example, keys } }: { dataset: string; search: Search }) {
  const { image, name } = example;
  return (
    <div className="example">
      <Photograph {...picturesOf(dataset, image)} mask={undefined} masked={false} side={256} name={name}>
        <Mark {...example} />
      </Photograph>
      <div>
        <h2>Where else is something like this?</h2>
        <p>
          The example is in {name}; keys <code>{keys}</code> are compared. Every other image is shown at the place that
          looks most like it.
        </p>
        <p className="actions">
          <a className="button" href={`/datasets/${dataset}/search?image=${image}`}>
            Another example of this image
          </a>
        </p>
      </div>
    </div>
  );
}

/** What goes on, or what went wrong, and what can be done about it. */
function State({ dataset, search: { id, run, found }, again }: { dataset: string; search: Search; again(): void }) {
  const { failure, attempt } = useAttempt(again);
  const repeat = () => attempt(() => ask(postDatasetSearch, { params: { dataset }, body: { again: id } }));
  const once = (name: string) => (
    <p className="actions">
      <button type="button" onClick={repeat}>
        {name}
      </button>
      <a className="button" href={`/datasets/${dataset}/runs`}>
        All runs
      </a>
      <span role="alert" className="failure">
        {failure}
      </span>
    </p>
  );
  if (run?.state === 'running') {
    const { progress, waiting, failing } = run;
    return (
      <div role="status" className="run" aria-busy="true">
        <p>
          {progress?.paused ? 'Paused' : 'Looking'}
          {progress?.stage && `: ${stageWords[progress.stage]}`}…
        </p>
        {progress && (
          <p className="progress-line">
            <progress value={shareOf(progress, false)} max={1} aria-label="Progress of the index" />
            <span>{counted(throughOf(progress), 'image')} in the index</span>
          </p>
        )}
        {waiting && <p className="failure">{waitingText(waiting)}</p>}
        {failing && <p className="failure">{failingText(failing)}</p>}
      </div>
    );
  }
  if (found) {
    if (found.results.length > 0) return null;
    return (
      <div className="empty">
        <p>No other image has keys to compare: start a run that makes them, then look again.</p>
        {once('Look again')}
      </div>
    );
  }
  return (
    <div className="trouble">
      <p role="alert">
        {run?.state === 'failed'
          ? `The search failed: ${run.reason ?? 'nobody could say why'}`
          : run?.state === 'cancelled'
            ? 'The search was cancelled.'
            : 'What was found is no longer kept.'}
      </p>
      {once('Look again')}
    </div>
  );
}

const picturesOf = (dataset: string, image: number) => {
  const place = { params: { dataset, image: String(image) } };
  return { image: addressOf(getDatasetImageThumbnail, place) };
};

function shownOf(dataset: string, place: SearchPlace): Shown {
  const { image, name, score, box } = place;
  const [x, y] = place.place;
  const [left, top, right, bottom] = box;
  return {
    ...{ name, classes: [], uncertainty: null, mark: place },
    thumbnail: picturesOf(dataset, image).image,
    image: addressOf(getDatasetImageView, { params: { dataset, image: String(image) } }),
    state: `likeness ${score.toFixed(2)}`,
    notes: [`Most like it at ${x}, ${y}; the place goes from ${left}, ${top} to ${right}, ${bottom}.`],
    links: [{ name: 'Where else?', href: `/datasets/${dataset}/search?image=${image}` }],
  };
}

function Places({
  dataset: { name: dataset, images },
  search: { found },
  places,
  manages,
  admin,
}: Omit<Props, 'search'> & { search: Search; places: readonly SearchPlace[] }) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [opened, setOpened] = useState<number>();
  if (places.length === 0 || !found) return null;
  const choose = (image: number) =>
    setChosen((now) => new Set(now.has(image) ? [...now].filter((one) => one !== image) : [...now, image]));
  const lacking = images - 1 - found.images;
  return (
    <>
      <p className="hint" role="status">
        The best {places.length} of {counted(found.images, 'image')}, {found.compared} of them compared in full
        {lacking > 0 && `; ${counted(lacking, 'image')} without keys`}. {chosen.size} chosen.
      </p>
      <div className="filters">
        <button type="button" onClick={() => setChosen(new Set(places.map(({ image }) => image)))}>
          Choose all
        </button>
        <button type="button" disabled={chosen.size === 0} onClick={() => setChosen(new Set())}>
          Choose none
        </button>
        <UseChosen dataset={dataset} chosen={chosen} manages={manages} admin={admin} />
      </div>
      <Grid
        count={places.length}
        label="Places"
        look={ignore}
        cell={(index) => {
          const place = places[index];
          const shown = shownOf(dataset, place);
          return (
            <div className="place">
              <button type="button" className="cell" data-cell={index} onClick={() => setOpened(index)}>
                <Photograph image={shown.thumbnail} mask={undefined} masked={false} side={256} name={shown.name}>
                  <Mark {...place} />
                </Photograph>
                <span className="name">{shown.name}</span>
                <span className="below">
                  <span>{shown.state}</span>
                </span>
              </button>
              <input
                type="checkbox"
                aria-label={`Choose ${shown.name}`}
                checked={chosen.has(place.image)}
                onChange={() => choose(place.image)}
              />
            </div>
          );
        }}
      />
      {opened !== undefined && (
        <Large
          image={shownOf(dataset, places[opened])}
          masked={false}
          step={(by) => setOpened((now = 0) => Math.min(places.length - 1, Math.max(0, now + by)))}
          close={() => setOpened(undefined)}
        />
      )}
    </>
  );
}

/** All places are there from the beginning. */
const ignore = () => {};

/** Gives the chosen images a tag; what has the tag is a filter, which becomes a list, a campaign or an export. */
function UseChosen({
  dataset,
  chosen,
  manages,
  admin,
}: {
  dataset: string;
  chosen: ReadonlySet<number>;
  manages: boolean;
  admin: boolean;
}) {
  const subject = { kind: 'dataset', name: dataset } as const;
  const [tag, setTag] = useState('');
  const [set, setSet] = useState<{ tag: string; images: number }>();
  const { failure, attempt } = useAttempt(() => {});
  const give = (event: React.FormEvent) => {
    event.preventDefault();
    void attempt(async () => {
      if (chosen.size === 0) throw new Error('No image is chosen: choose some, or all.');
      const images = [...chosen];
      await ask(postTags, { params: { subject: `dataset:${dataset}` }, body: { tag, set: true, images } });
      setSet({ tag: tag.trim(), images: images.length });
    });
  };
  return (
    <>
      <form className="inline" onSubmit={give}>
        <label>
          Tag the chosen
          <input required maxLength={60} value={tag} onChange={(event) => setTag(event.target.value)} />
        </label>
        <button type="submit">Set tag</button>
        <span role="alert" className="failure">
          {failure}
        </span>
      </form>
      {set && (
        <>
          <span role="status">Set of {counted(set.images, 'image')}.</span>
          <a className="button" href={`/datasets/${dataset}?tag=${encodeURIComponent(set.tag)}`}>
            Images tagged {set.tag}
          </a>
          <KeepFilter key={set.tag} subject={subject} asked={{ tag: set.tag }} manages={manages} admin={admin} />
        </>
      )}
    </>
  );
}
