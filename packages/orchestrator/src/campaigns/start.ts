/** What images of a campaign begin with: their known masks, as entries of the log that nobody did. */
import type { Campaign, CampaignStart, NewCampaign } from '@saltworks/contract/api/campaigns';
import type { Interaction } from '@saltworks/contract/api/interactions';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { type KnownRegions, knownRegions } from '@saltworks/contract/documents/known-regions';
import { regionOutside } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import { knownRegionsKey } from '@saltworks/contract/layout';
import { type KnownRequest, readKnown } from '@saltworks/contract/messages/annotate';
import { classNamed } from '@saltworks/core/crowd/known-image';
import { truthId } from '@saltworks/store/datasets/truth';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { type Client, WorkflowFailedError, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import { ConflictError } from '../errors.ts';
import { rootOf } from '../temporal/root-cause.ts';
import { executeWorkflow } from '../temporal/workflows.ts';

/** Milliseconds in which a worker reads a known mask. */
const patienceMs = 30_000;

/** @throws ConflictError if images of the dataset cannot begin so */
export function checkStart(
  { start, honeypotRate = 0, categories }: Pick<NewCampaign, 'start' | 'honeypotRate' | 'categories'>,
  dataset: Pick<Dataset, 'name' | 'categories'>,
): void {
  checkUnmeasured({ start, honeypotRate });
  if (!start) return;
  const known = dataset.categories.map(({ name }) => name);
  if (known.length === 0) throw new ConflictError(`${dataset.name} has no known masks; expected labels to begin with`);
  const classes = categories.map(({ name }) => name);
  const lacking = known.filter((name) => classNamed(name, classes) === undefined);
  if (lacking.length === known.length) {
    throw new ConflictError(
      `known masks of ${dataset.name} have the classes ${few(known)}; expected one of ${few(classes)}`,
    );
  }
  if (lacking.length > 0 && start.others === 'refuse') {
    throw new ConflictError(
      `known masks of ${dataset.name} have the classes ${few(lacking)}, which the campaign lacks; expected them too, or the choice to take them for background`,
    );
  }
}

const few = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;

/** @throws ConflictError if annotators would be measured by masks that they began with */
export function checkUnmeasured({ start, honeypotRate = 0 }: Pick<NewCampaign, 'start' | 'honeypotRate'>): void {
  if (!start || honeypotRate === 0) return;
  throw new ConflictError(
    `honeypots ${honeypotRate} where images begin with their known masks; expected 0: annotators would be measured by what they were given`,
  );
}

/**
 * What an image begins with: nothing, or its known mask. Its segments take the campaign's classes by name; every other pixel is
 * background.
 *
 * @param size of the upright image, pixels
 * @throws InvalidInputError if it cannot begin so
 */
export async function startOf(
  deps: { store: ObjectStore; client: Client },
  { start, dataset, categories }: Pick<Campaign, 'start' | 'dataset' | 'categories'>,
  { sha256, name }: { sha256: string; name: string },
  { width, height }: { width: number; height: number },
): Promise<Interaction[]> {
  if (!start) return [];
  const known = await truthId(deps.store, { dataset, sha256 });
  if (known === undefined) return [];
  const regions = await regionsOf(deps, { dataset, sha256, name, known });
  if (regions.width !== width || regions.height !== height) {
    throw new InvalidInputError(
      `its known mask has ${regions.width} × ${regions.height} pixels; expected the image's ${width} × ${height}`,
    );
  }
  return interactionsOf(regions, start, categories);
}

/** @throws InvalidInputError if the known mask has a class that the campaign lacks, and refuses */
export function interactionsOf(
  { width, height, segments }: KnownRegions,
  { others }: Pick<CampaignStart, 'others'>,
  categories: Campaign['categories'],
): Interaction[] {
  const classes = categories.map(({ name }) => name);
  const kept = segments.flatMap(({ category, region }) => {
    const name = classNamed(category, classes);
    const found = categories.find((own) => own.name === name);
    if (found) return [{ category: found.id, region }];
    if (others === 'background') return [];
    throw new InvalidInputError(`its known mask has the class ${category}; expected one of ${few(classes)}`);
  });
  const origin = 'imported';
  const outside = regionOutside(
    kept.map(({ region }) => region),
    width * height,
  );
  return [
    ...kept.flatMap(({ category, region }, i): Interaction[] => [
      { kind: 'segment', id: i + 1, category, origin },
      { kind: 'fill', segment: i + 1, region, origin },
    ]),
    ...(outside.length > 0 ? [{ kind: 'fill', segment: 0, region: outside, origin } as const] : []),
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
