/** What images of a campaign begin with: their known masks, or masks that were made, as entries of the log that nobody did. */
import type { Campaign, CampaignStart, NewCampaign } from '@saltworks/contract/api/campaigns';
import { line } from '@saltworks/contract/api/fields';
import type { Interaction } from '@saltworks/contract/api/interactions';
import { type AttributeValues, misfit, segmentName } from '@saltworks/contract/attributes';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { type KnownRegions, knownRegions } from '@saltworks/contract/documents/known-regions';
import { maskReport } from '@saltworks/contract/documents/reports';
import { regionOutside } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import { knownRegionsKey, maskReportKey, maskSetPrefix } from '@saltworks/contract/layout';
import { type KnownRequest, readKnown } from '@saltworks/contract/messages/annotate';
import * as z from '@saltworks/contract/zod';
import { classNamed } from '@saltworks/core/crowd/known-image';
import { attributesOf, type Labels } from '@saltworks/core/drawing/attributes';
import { truthId } from '@saltworks/store/datasets/truth';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { currentRecipe } from '@saltworks/store/prelabels/prelabels';
import { type Client, WorkflowFailedError, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import type { Shards } from '../datasets/shards.ts';
import { ConflictError, inputIsConflict } from '../errors.ts';
import { rootOf } from '../temporal/root-cause.ts';
import { executeWorkflow } from '../temporal/workflows.ts';

/** Milliseconds in which a worker reads a mask. */
const patienceMs = 30_000;

/** @throws ConflictError if images of the dataset cannot begin so */
export async function checkStart(
  store: ObjectStore,
  { start, honeypotRate = 0, categories }: Pick<NewCampaign, 'start' | 'honeypotRate' | 'categories'>,
  dataset: Pick<Dataset, 'name' | 'categories'>,
): Promise<void> {
  checkUnmeasured({ start, honeypotRate });
  if (!start) return;
  const { masks, known } = await shownBy(store, start, dataset);
  const classes = namesOf(categories);
  const lacking = known.filter((name) => classNamed(name, classes) === undefined);
  if (lacking.length === known.length) {
    throw new ConflictError(`${masks} have the classes ${few(known)}; expected one of ${few(classes)}`);
  }
  if (lacking.length > 0 && start.others === 'refuse') {
    throw new ConflictError(
      `${masks} have the classes ${few(lacking)}, which the campaign lacks; expected them too, or the choice to take them for background`,
    );
  }
}

/** What masks to begin with are, in words, and their classes: those of a set as its first report tells them. */
async function shownBy(
  store: ObjectStore,
  start: CampaignStart,
  { name, categories }: Pick<Dataset, 'name' | 'categories'>,
): Promise<{ masks: string; known: string[] }> {
  if (start.from === 'known') {
    const known = categories.map((category) => category.name);
    if (known.length === 0) throw new ConflictError(`${name} has no known masks; expected labels to begin with`);
    return { masks: `known masks of ${name}`, known };
  }
  const recipe = await recipeOf(store, start, name).catch(inputIsConflict);
  for await (const { key } of store.list(maskSetPrefix(name, recipe))) {
    const known = (await readDocument(store, key, maskReport))?.categories.map((category) => category.name) ?? [];
    if (known.length > 0) return { masks: `masks ${recipe} of ${name}`, known };
  }
  throw new ConflictError(`no masks ${recipe} of ${name}; expected a set that it has`);
}

/** The set of masks to begin with. @throws InvalidInputError if the dataset has no pre-labels, and they are wanted */
const recipeOf = async (store: ObjectStore, { masks }: CampaignStart, dataset: string): Promise<string> =>
  masks ?? (await currentRecipe(store, dataset));

/** Names by which masks may call a campaign's classes: their own, then their first ones. */
const namesOf = (categories: Campaign['categories']): string[] => [
  ...new Set([
    ...categories.map(({ name }) => name),
    ...categories.flatMap(({ stored }) => (stored === undefined ? [] : [stored])),
  ]),
];

const few = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;

/** @throws ConflictError if annotators would be measured by masks that they began with */
export function checkUnmeasured({ start, honeypotRate = 0 }: Pick<NewCampaign, 'start' | 'honeypotRate'>): void {
  if (start?.from !== 'known' || honeypotRate === 0) return;
  throw new ConflictError(
    `honeypots ${honeypotRate} where images begin with their known masks; expected 0: annotators would be measured by what they were given`,
  );
}

/** What an image is called where it begins with a mask. */
interface BegunImage {
  /** In its dataset. */
  id: number;
  sha256: string;
  name: string;
}

/**
 * What an image begins with: nothing, its known mask, or one of a set. Its segments take the campaign's classes by name; every
 * other pixel is background. Values come along where the campaign asks for them, by name.
 *
 * @param size of the upright image, pixels
 * @throws InvalidInputError if it cannot begin so
 */
export async function startOf(
  deps: { store: ObjectStore; client: Client; shards: Shards },
  { start, dataset, ...labels }: Pick<Campaign, 'start' | 'dataset' | 'categories' | 'attributes'>,
  image: BegunImage,
  { width, height }: { width: number; height: number },
): Promise<Interaction[]> {
  const mask = start && (await maskFor(deps, start, dataset, image));
  if (!start || !mask) return [];
  const { sha256, name } = image;
  const regions = await regionsOf(deps, { dataset, sha256, name, ...mask });
  if (regions.width !== width || regions.height !== height) {
    throw new InvalidInputError(
      `its ${called[start.from]} has ${regions.width} × ${regions.height} pixels; expected the image's ${width} × ${height}`,
    );
  }
  return interactionsOf(regions, start, labels);
}

/** The mask that an image begins with; undefined where it has none. */
async function maskFor(
  { store, shards }: { store: ObjectStore; shards: Shards },
  start: CampaignStart,
  dataset: string,
  { id, sha256 }: BegunImage,
): Promise<Pick<KnownRequest, 'known' | 'stored'> | undefined> {
  if (start.from === 'known') {
    const known = await truthId(store, { dataset, sha256 });
    return known === undefined ? undefined : { known };
  }
  const recipe = await recipeOf(store, start, dataset);
  const { shard } = await shards.image(dataset, id);
  const report = await readDocument(store, maskReportKey(dataset, recipe, shard), maskReport);
  const found = report?.masks.find((mask) => mask.sha256 === sha256);
  return found && { known: found.mask, stored: true };
}

const called = { known: 'known mask', predicted: 'predicted mask' } as const;

/** @throws InvalidInputError if the mask has a class that the campaign lacks, and refuses */
export function interactionsOf(
  { width, height, segments }: KnownRegions,
  { from, others }: Pick<CampaignStart, 'from' | 'others'>,
  labels: Pick<Campaign, 'categories' | 'attributes'>,
): Interaction[] {
  const { categories } = labels;
  const classes = namesOf(categories);
  const kept = segments.flatMap(({ category, region, attributes }) => {
    const name = classNamed(category, classes);
    const found =
      name === undefined
        ? undefined
        : (categories.find((own) => own.name === name) ?? categories.find((own) => own.stored === name));
    if (found) return [{ category: found.id, region, attributes }];
    if (others === 'background') return [];
    throw new InvalidInputError(`its ${called[from]} has the class ${category}; expected one of ${few(classes)}`);
  });
  const origin = from === 'known' ? 'imported' : 'predicted';
  const outside = regionOutside(
    kept.map(({ region }) => region),
    width * height,
  );
  return [
    ...kept.flatMap(({ category, region, attributes }, i): Interaction[] => [
      { kind: 'segment', id: i + 1, category, origin },
      ...fitting(attributes, labels, category).map((value) => ({ ...value, segment: i + 1, origin }) as const),
      { kind: 'fill', segment: i + 1, region, origin },
    ]),
    ...(outside.length > 0 ? [{ kind: 'fill', segment: 0, region: outside, origin } as const] : []),
  ];
}

/** A segment's name, and the values that the campaign asks for of its class; others are left out. */
function fitting(values: AttributeValues = {}, labels: Labels, category: number) {
  const name = z.safeParse(line(200), values[segmentName]);
  const asked = attributesOf(labels, { category }).filter(({ retired }) => !retired);
  return [
    ...(name.success ? [{ kind: 'rename', name: name.data } as const] : []),
    ...asked.flatMap((attribute) => {
      const value = Object.hasOwn(values, attribute.name) ? values[attribute.name] : undefined;
      if (value === undefined || misfit(attribute, value) !== undefined) return [];
      return [{ kind: 'value', attribute: attribute.id, value } as const];
    }),
  ];
}

/** The server decodes no image: a worker writes regions once, for all campaigns. */
async function regionsOf(
  { store, client }: { store: ObjectStore; client: Client },
  request: KnownRequest,
): Promise<KnownRegions> {
  const key = knownRegionsKey(request);
  const found = await readDocument(store, key, knownRegions);
  if (found) return found;
  await client.connection
    .withDeadline(Date.now() + patienceMs, () =>
      executeWorkflow(client, readKnown, request, {
        workflowId: key.replace('.json', ''),
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        workflowExecutionTimeout: '5 minutes',
      }),
    )
    .catch((error) => {
      throw error instanceof WorkflowFailedError ? rootOf(error) : error;
    });
  const made = await readDocument(store, key, knownRegions);
  if (!made) throw new Error(`no ${key}; expected the worker to write it`);
  return made;
}
