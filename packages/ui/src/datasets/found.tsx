/** What can be done with the images that a filter finds: counted, tagged, saved under a name, made a campaign or an export. */
import {
  deleteFilter,
  getFilters,
  getTags,
  type ImageFilter,
  postCampaignFirst,
  postTags,
  putFilter,
  type SavedFilter,
} from '@saltworks/contract/api/filters';
import { getDatasetImagesCount } from '@saltworks/contract/api/mask-sets';
import { getCampaignTasksCount } from '@saltworks/contract/api/tasks';
import type { Subject } from '@saltworks/contract/documents/builds';
import { useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { textOf } from '../builds/subject.ts';
import { useLoaded } from '../load.ts';
import { counted } from '../plots/figures.ts';
import { RemoveAll } from './removed-images.tsx';

export const useTags = (subject: Subject) => useLoaded(getTags, { params: { subject: textOf(subject) } });

/** The number of images that fit, part by part; undefined until it is known. */
export function useFitting({ kind, name }: Subject, query: URLSearchParams, turn = 0): number | undefined {
  const text = query.toString();
  const [found, setFound] = useState<{ text: string; images: number }>();
  useEffect(() => {
    let closed = false;
    const of = `${text}#${turn}`;
    const asked = new URLSearchParams(text);
    const count = async () => {
      if (kind === 'campaign') {
        return (await ask(getCampaignTasksCount, { params: { campaign: name }, query: asked })).images;
      }
      let images = 0;
      for (let after: string | null = '0'; after !== null && !closed; ) {
        const part: { images: number; next: string | null } = await ask(getDatasetImagesCount, {
          params: { dataset: name },
          query: [...asked, ['after', after]],
        });
        images += part.images;
        after = part.next;
      }
      return images;
    };
    // The list below says what went wrong.
    count().then(
      (images) => !closed && setFound({ text: of, images }),
      () => {},
    );
    return () => {
      closed = true;
    };
  }, [kind, name, text, turn]);
  return found?.text === `${text}#${turn}` ? found.images : undefined;
}

interface Props {
  subject: Subject;
  /** The filter, as the address has it. */
  query: URLSearchParams;
  /** Whether it asks for anything. */
  narrowed: boolean;
  /** May make lists of images: managers. */
  manages: boolean;
  /** May make campaigns. */
  admin: boolean;
  /** Tags have changed. */
  changed(): void;
}

export function Found({ subject, query, narrowed, manages, admin, changed }: Props) {
  const [params, setParams] = useSearchParams();
  const place = { params: { subject: textOf(subject) } };
  const filters = useLoaded(getFilters, place);
  const asked = askedOf(subject, query);
  const saved = filters.value?.find(({ filter }) => same(filter, asked));
  const show = (name: string) => {
    const filter = filters.value?.find((each) => each.name === name)?.filter ?? {};
    setParams(new URLSearchParams([...params].filter(([field]) => field === 'order').concat(textsOf(filter))), {
      replace: true,
    });
  };
  return (
    <div className="filters">
      {(filters.value ?? []).length > 0 && (
        <label>
          Saved filter
          <select value={saved?.name ?? ''} onChange={(event) => show(event.target.value)}>
            <option value="">{narrowed ? 'not saved' : 'none'}</option>
            {filters.value?.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {narrowed && !saved && <SaveFilter place={place} asked={asked} saved={filters.again} />}
      {saved && <Use subject={subject} saved={saved} manages={manages} admin={admin} removed={filters.again} />}
      {admin && narrowed && subject.kind === 'dataset' && (
        <RemoveAll dataset={subject.name} asked={asked} changed={changed} />
      )}
      <TagAll place={place} asked={asked} narrowed={narrowed} changed={changed} />
    </div>
  );
}

/** The filter as the API has it. */
function askedOf({ kind }: Subject, query: URLSearchParams): ImageFilter {
  const given: Record<string, string | number> = {};
  for (const [name, value] of query) {
    if (name === 'limit' || name === 'order') continue;
    given[name] = name === 'uncertain' || (kind === 'campaign' && name === 'category') ? Number(value) : value;
  }
  return given as ImageFilter;
}

const textsOf = (filter: object): [string, string][] =>
  Object.entries(filter).map(([name, value]): [string, string] => [name, String(value)]);

const same = (a: object, b: object) => JSON.stringify(textsOf(a).sort()) === JSON.stringify(textsOf(b).sort());

interface Place {
  params: { subject: string };
}

function SaveFilter({ place, asked, saved }: { place: Place; asked: ImageFilter; saved(): void }) {
  const [name, setName] = useState('');
  const { failure, attempt } = useAttempt(saved);
  const save = (event: React.FormEvent) => {
    event.preventDefault();
    void attempt(() => ask(putFilter, { params: { ...place.params, filter: name }, body: asked }));
  };
  return (
    <form className="inline" onSubmit={save}>
      <label>
        Save this filter as
        <input
          required
          pattern="[a-z0-9][a-z0-9\-]{0,63}"
          title="a-z, 0-9 and -, at most 64"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <button type="submit">Save filter</button>
      <span role="alert" className="failure">
        {failure}
      </span>
    </form>
  );
}

/** Saves a filter, unless it is; what is saved becomes a campaign or an export. */
export function KeepFilter({
  subject,
  asked,
  manages,
  admin,
}: Pick<Props, 'subject' | 'manages' | 'admin'> & { asked: ImageFilter }) {
  const place = { params: { subject: textOf(subject) } };
  const filters = useLoaded(getFilters, place);
  const saved = filters.value?.find(({ filter }) => same(filter, asked));
  if (!saved) return <SaveFilter place={place} asked={asked} saved={filters.again} />;
  return <Use subject={subject} saved={saved} manages={manages} admin={admin} removed={filters.again} />;
}

interface UseProps {
  subject: Subject;
  saved: SavedFilter;
  manages: boolean;
  admin: boolean;
  removed(): void;
}

function Use({ subject, saved: { name: filter }, manages, admin, removed }: UseProps) {
  const [said, setSaid] = useState('');
  const { failure, attempt } = useAttempt(removed);
  const first = () =>
    attempt(async () => {
      const { images } = await ask(postCampaignFirst, { params: { campaign: subject.name }, body: { filter } });
      setSaid(`${counted(images, 'image')} first.`);
    });
  const remove = () => attempt(() => ask(deleteFilter, { params: { subject: textOf(subject), filter } }));
  const exports = `/${subject.kind}s/${subject.name}/exports`;
  return (
    <>
      {admin && subject.kind === 'dataset' && (
        <a className="button" href={`/campaigns/new?dataset=${encodeURIComponent(subject.name)}&filter=${filter}`}>
          New campaign from this filter
        </a>
      )}
      {manages && (
        <a className="button" href={`${exports}?filter=${filter}`}>
          Export these
        </a>
      )}
      {manages && subject.kind === 'campaign' && (
        <button type="button" onClick={first}>
          Give these out first
        </button>
      )}
      <button type="button" onClick={remove}>
        Remove filter
      </button>
      <span role="status">{said}</span>
      <span role="alert" className="failure">
        {failure}
      </span>
    </>
  );
}

interface TagAllProps {
  place: Place;
  asked: ImageFilter;
  narrowed: boolean;
  changed(): void;
}

function TagAll({ place, asked, narrowed, changed }: TagAllProps) {
  const [tag, setTag] = useState('');
  const [said, setSaid] = useState('');
  const { failure, attempt } = useAttempt(changed);
  const change = (set: boolean) =>
    attempt(async () => {
      const { images } = await ask(postTags, { ...place, body: { tag, set, filter: asked } });
      setSaid(`${set ? 'Set of' : 'Taken from'} ${counted(images, 'image')}.`);
    });
  return (
    <form
      className="inline"
      onSubmit={(event) => {
        event.preventDefault();
        void change(true);
      }}
    >
      <label>
        {narrowed ? 'Tag all that fit' : 'Tag all images'}
        <input required maxLength={60} value={tag} onChange={(event) => setTag(event.target.value)} />
      </label>
      <button type="submit">Set tag</button>
      <button type="button" disabled={tag.trim() === ''} onClick={() => change(false)}>
        Take it away
      </button>
      <span role="status">{said}</span>
      <span role="alert" className="failure">
        {failure}
      </span>
    </form>
  );
}
