/** The images of a dataset, seen through one of its mask sets. */

import { addressOf } from '@saltworks/contract/api/endpoint';
import {
  type DatasetDetail,
  type DatasetImageInfo,
  getDatasetImageMask,
  getDatasetImages,
  getDatasetImageThumbnail,
  getDatasetImageView,
} from '@saltworks/contract/api/mask-sets';
import { type ColouredClass, namedColours } from '@saltworks/core/screen/colours';
import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { ask } from '../api.ts';
import { legendOf } from '../legend.tsx';
import { Browser } from './browser.tsx';
import { type Filter, Filters, queryOf, uncertainty } from './filters.tsx';
import { nameOfMasks } from './mask-sets.tsx';
import type { Shown } from './shown.ts';

interface Props {
  dataset: DatasetDetail;
  masked: boolean;
  toggle(): void;
}

export function DatasetImages({ dataset: { name, masks, images }, masked, toggle }: Props) {
  const [params] = useSearchParams();
  const set = masks.find(({ recipe }) => recipe === params.get('recipe')) ?? masks[0];
  const recipe = set?.recipe;
  const classes = useMemo(() => (set?.classes ?? []).map(({ name, colour }) => ({ id: name, colour })), [set]);
  const filters: Filter[] = [
    ...(masks.length > 0
      ? [
          {
            name: 'recipe',
            label: 'Masks',
            choices: masks.map((each, i) => [i === 0 ? '' : each.recipe, nameOfMasks(each)] as const),
          },
        ]
      : []),
    {
      name: 'state',
      label: 'State',
      choices: [
        ['', 'any'],
        ['masked', 'with a mask'],
        ['failed', 'failed'],
        ['none', 'without a mask'],
      ],
    },
    uncertainty,
  ];
  const query = queryOf(filters, params);
  for (const field of ['name', 'category']) {
    const text = params.get(field);
    if (text) query.set(field, text);
  }
  const narrowed = ['name', 'state', 'category', 'uncertain'].some((each) => query.has(each));
  if (recipe) query.set('recipe', recipe);
  query.set('limit', '100');
  const place = { params: { dataset: name } };
  const show = useCallback((image: DatasetImageInfo) => shownOf(image, name, recipe, classes), [name, recipe, classes]);
  return (
    <>
      <Filters filters={filters}>
        <TextFilter name="name" label="Name" />
        <TextFilter name="category" label="Class" />
        <button type="button" aria-pressed={masked} aria-keyshortcuts="M" onClick={toggle}>
          Masks
        </button>
      </Filters>
      {set && (
        <p className="hint masks-name">
          Commands and the API call these masks <code>{set.recipe}</code>.{' '}
          {set.build && (
            <a href={`${set.campaign ? `/campaigns/${set.campaign.id}` : `/datasets/${name}`}/builds/${set.build.id}`}>
              Where they come from
            </a>
          )}
        </p>
      )}
      <Browser
        address={addressOf(getDatasetImages, { ...place, query })}
        read={(after) =>
          ask(getDatasetImages, { ...place, query: after === null ? query : [...query, ['after', after]] })
        }
        show={show}
        masked={masked}
        toggleMask={toggle}
        total={narrowed ? undefined : images}
        nothing={narrowed ? 'No image is like that.' : 'This dataset has no images.'}
      />
    </>
  );
}

/** A filter that is typed: a part of a name, or a class, since only the masks know which there are. */
function TextFilter({ name: field, label }: { name: string; label: string }) {
  const [params, setParams] = useSearchParams();
  const choose = (text: string) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now);
        if (text === '') next.delete(field);
        else next.set(field, text);
        return next;
      },
      { replace: true },
    );
  const current = params.get(field) ?? '';
  return (
    <label>
      {label}
      <input
        key={current}
        type="search"
        defaultValue={current}
        placeholder="any"
        maxLength={100}
        onBlur={(event) => event.target.value.trim() !== current && choose(event.target.value.trim())}
        onKeyDown={(event) => event.key === 'Enter' && choose(event.currentTarget.value.trim())}
      />
    </label>
  );
}

const states = { masked: 'has a mask', failed: 'failed', none: 'no mask' };

export function shownOf(
  image: DatasetImageInfo,
  dataset: string,
  recipe: string | undefined,
  classes: readonly ColouredClass<string>[],
): Shown {
  const place = { params: { dataset, image: String(image.id) } };
  const colours = namedColours(image.segments, classes);
  const mask =
    recipe && image.mask !== null
      ? { path: addressOf(getDatasetImageMask, { ...place, query: { recipe } }), colours }
      : undefined;
  return {
    name: image.name,
    thumbnail: addressOf(getDatasetImageThumbnail, place),
    image: addressOf(getDatasetImageView, place),
    mask,
    state: states[image.state],
    classes: legendOf(image.segments, colours, (category) => category),
    uncertainty: image.uncertainty,
    notes: [
      ...(image.reason === null ? [] : [image.reason]),
      ...(image.also ? [`The same picture as ${image.also.join(', ')}.`] : []),
    ],
    links: [],
  };
}
