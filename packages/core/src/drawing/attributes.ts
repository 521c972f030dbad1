/** Attributes of a drawing: the values that count, and those that are missing. */
import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Drawing } from '@saltworks/contract/api/interactions';
import { type Attribute, type AttributeValues, segmentName } from '@saltworks/contract/attributes';
import { countedAs } from './classes.ts';

/** A campaign's classes, and what it wants to know of them. */
export interface Labels {
  categories: readonly LabelCategory[];
  attributes?: readonly Attribute[];
}

type Segment = Drawing['segments'][number];

/** The attributes that a segment may have, by its class. */
export const attributesOf = ({ categories, attributes = [] }: Labels, { category }: Pick<Segment, 'category'>) => {
  const counted = countedAs(categories, category)?.id;
  return attributes.filter(
    ({ of, classes }) => of === 'segment' && (!classes || classes.some((id) => id === category || id === counted)),
  );
};

export const imageAttributes = ({ attributes = [] }: Pick<Labels, 'attributes'>): Attribute[] =>
  attributes.filter(({ of }) => of === 'image');

/** Values by name, in the order of the schema; undefined where there are none. */
function named(
  attributes: readonly Attribute[],
  values: Segment['values'] = {},
  name?: string,
): AttributeValues | undefined {
  const given = attributes.flatMap(({ id, name }) => (values[id] === undefined ? [] : [[name, values[id]] as const]));
  const all = [...(name === undefined ? [] : [[segmentName, name] as const]), ...given];
  return all.length > 0 ? Object.fromEntries(all) : undefined;
}

/** What is kept of a segment: its name, and its values where its class has them. */
export const valuesOf = (labels: Labels, segment: Segment): AttributeValues | undefined =>
  named(attributesOf(labels, segment), segment.values, segment.name);

export const imageValues = (labels: Labels, { values }: Pick<Drawing, 'values'>): AttributeValues | undefined =>
  named(imageAttributes(labels), values);

/**
 * The first required value that is missing: of a segment that has strokes, or of the image (segment 0).
 *
 * @returns undefined if none is
 */
export function missingValue(
  labels: Labels,
  { segments, strokes, values }: Pick<Drawing, 'segments' | 'strokes' | 'values'>,
): { segment: number; attribute: Attribute } | undefined {
  const drawn = new Set(strokes.map(({ segment }) => segment));
  const lacks = (wanted: readonly Attribute[], given: Segment['values'] = {}) =>
    wanted.find(({ id, required, retired }) => required && !retired && given[id] === undefined);
  for (const segment of segments) {
    const attribute = drawn.has(segment.id) && lacks(attributesOf(labels, segment), segment.values);
    if (attribute) return { segment: segment.id, attribute };
  }
  const attribute = lacks(imageAttributes(labels), values);
  return attribute && { segment: 0, attribute };
}
