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
import { type ColouredClass, namedColours, namesOf } from '@saltworks/core/screen/colours';
import { useCallback, useMemo, useState } from 'react';
import { useSearchParams } from 'wouter';
import { ask } from '../api.ts';
import { legendOf } from '../legend.tsx';
import { mayIn, useMe } from '../pages/me.ts';
import { Browser } from './browser.tsx';
import { type Filter, Filters, queryOf, uncertainty } from './filters.tsx';
import { Found, useFitting, useTags } from './found.tsx';
import { ImageTags } from './image-tags.tsx';
import { nameOfMasks } from './mask-sets.tsx';
import type { Shown } from './shown.ts';
import { AnnotatorFilter, ClearFilters, DayFilter, TextFilter, typed } from './typed-filter.tsx';
import { usePeople } from './use-people.ts';

interface Props {
  dataset: DatasetDetail;
  masked: boolean;
  toggle(): void;
}

export function DatasetImages({ dataset: { name, masks, images, campaigns }, masked, toggle }: Props) {
  const subject = { kind: 'dataset', name } as const;
  const me = useMe().value;
  const admin = me?.role === 'admin';
  const [turn, setTurn] = useState(0);
  const tags = useTags(subject);
  const people = usePeople(campaigns.filter(({ id }) => mayIn(me, id, 'manager')).map(({ id }) => id));
  const [params] = useSearchParams();
  const set = masks.find(({ recipe }) => recipe === params.get('recipe')) ?? masks[0];
  const recipe = set?.recipe;
  const classes = useMemo(
    () => (set?.classes ?? []).map(({ name: id, colour, called }) => ({ id, colour, name: called })),
    [set],
  );
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
  for (const field of [...typed, 'category']) {
    const text = params.get(field);
    if (text) query.set(field, text);
  }
  const chosen = [...query.keys()].filter((each) => each !== 'recipe');
  const narrowed = chosen.length > 0;
  if (recipe) query.set('recipe', recipe);
  const fitting = useFitting(subject, query, turn);
  const asked = new URLSearchParams(query);
  query.set('limit', '100');
  const place = { params: { dataset: name } };
  const show = useCallback((image: DatasetImageInfo) => shownOf(image, name, recipe, classes), [name, recipe, classes]);
  return (
    <>
      <Filters filters={filters}>
        <TextFilter name="name" label="Name" />
        <TextFilter
          name="category"
          label="Class"
          known={set?.classes.map(({ name }) => name)}
          nameOf={namesOf(classes)}
        />
        <TextFilter name="tag" label="Tag" known={tags.value?.map(({ tag }) => tag)} />
        <AnnotatorFilter people={people} />
        <DayFilter name="since" label="Worked on since" />
        <DayFilter name="until" label="until" />
        <ClearFilters names={chosen} />
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
      <Found
        subject={subject}
        query={asked}
        narrowed={narrowed}
        manages={admin || campaigns.some(({ id }) => mayIn(me, id, 'manager'))}
        admin={admin}
        changed={() => {
          tags.again();
          setTurn((now) => now + 1);
        }}
      />
      <Browser
        key={turn}
        address={addressOf(getDatasetImages, { ...place, query })}
        read={(after) =>
          ask(getDatasetImages, { ...place, query: after === null ? query : [...query, ['after', after]] })
        }
        show={show}
        masked={masked}
        toggleMask={toggle}
        total={narrowed ? fitting : images}
        nothing={narrowed ? 'No image is like that.' : 'This dataset has no images.'}
      />
    </>
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
    classes: legendOf(image.segments, colours, namesOf(classes)),
    uncertainty: image.uncertainty,
    notes: [
      ...(image.reason === null ? [] : [image.reason]),
      ...(image.also ? [`The same picture as ${image.also.join(', ')}.`] : []),
    ],
    more: () => <ImageTags key={image.id} subject={`dataset:${dataset}`} image={image.id} tags={image.tags ?? []} />,
    tags: image.tags,
    links: [
      {
        name: 'Where else?',
        href: `/datasets/${dataset}/search?image=${image.id}${recipe && mask ? `&recipe=${recipe}` : ''}`,
      },
    ],
  };
}
