/** Fetches everything an assignment's page needs at once, and the likely next image ahead of time. */

import type { Assignment } from '@saltworks/contract/api/assignments';
import { addressOf } from '@saltworks/contract/api/endpoint';
import type { Logged } from '@saltworks/contract/api/interactions';
import {
  getAssignment,
  getAssignmentImage,
  getAssignmentInteractions,
  getAssignmentKeys,
  type OpenAssignment,
} from '@saltworks/contract/api/open-assignments';
import { getCampaignPrior } from '@saltworks/contract/api/priors';
import { getCampaignComing, getTaskImage, getTaskKeys } from '@saltworks/contract/api/tasks';
import { ask, askAs, bytes } from '../../api.ts';
import type { Step } from '../../traces.ts';

export interface Asked extends Shown {
  assignment: Promise<OpenAssignment>;
  /** The log so far. */
  log: Promise<Logged[]>;
  /** What its labels hear of the corpus, if anything: bytes of a file that the browser keeps for later images. */
  prior: Promise<ArrayBuffer | undefined>;
}

/** An image's own data. */
interface Shown {
  /** The photograph's bytes, and the photograph decoded off the main thread. */
  file: Promise<Blob>;
  image: Promise<ImageBitmap>;
  keys: Promise<ArrayBuffer>;
}

/** How long to wait for the photograph, milliseconds: a worker may be about to make it. */
const patienceMs = 20_000;

let ahead: (Shown & { sha256: string; keysId: string }) | undefined;

/** @param opening the trace of opening the image */
export function askFor({ id, image }: Assignment, opening?: Step): Asked {
  const place = { params: { assignment: id } };
  const own = () => show(addressOf(getAssignmentImage, place), addressOf(getAssignmentKeys, place), opening);
  const known = ahead?.sha256 === image.sha256 ? ahead : undefined;
  if (known) ahead = undefined;
  const assignment = askAs(opening?.step('assignment'), getAssignment, place);
  return unhandled({
    assignment,
    prior: assignment.then(priorOf),
    log: askAs(opening?.step('log'), getAssignmentInteractions, place),
    ...(known ? orElse({ ...known, keys: keysFor(assignment, known) }, own) : own()),
  });
}

/** What an assignment's labels hear of the corpus, if anything. */
export async function priorOf({ campaign, options }: OpenAssignment): Promise<ArrayBuffer | undefined> {
  const prior = options?.corpus;
  return prior === undefined ? undefined : bytes(addressOf(getCampaignPrior, { params: { campaign, prior } }), 0);
}

/** The keys that were fetched ahead. @throws Error if the campaign draws on others by now */
async function keysFor(
  assignment: Promise<OpenAssignment>,
  { keys, keysId }: Pick<Shown, 'keys'> & { keysId: string },
): Promise<ArrayBuffer> {
  const { id } = (await assignment).keys;
  if (id !== keysId) throw new Error(`keys of ${keysId}; expected ${id}`);
  return keys;
}

/** Fetches the likely next image, once. The server may still give it to somebody else. */
export async function askAhead(campaign: string): Promise<void> {
  const [next] = await ask(getCampaignComing, { params: { campaign } });
  if (!next || (next.sha256 === ahead?.sha256 && next.keys === ahead.keysId)) return;
  ahead?.image.then(
    (image) => image.close(),
    () => {},
  );
  const place = { params: { task: next.task } };
  const shown = show(addressOf(getTaskImage, place), addressOf(getTaskKeys, place));
  ahead = { sha256: next.sha256, keysId: next.keys, ...unhandled(shown) };
}

/** @param photograph its address, and that of its keys */
function show(photograph: string, keys: string, opening?: Step): Shown {
  const file = bytes(photograph, patienceMs, { step: opening?.step('image') }).then((content) => new Blob([content]));
  return {
    file,
    image: file.then((blob) => createImageBitmap(blob)),
    keys: bytes(keys, 0, { step: opening?.step('keys') }),
  };
}

function orElse(first: Shown, instead: () => Shown): Shown {
  let second: Shown | undefined;
  const other = () => {
    second ??= unhandled(instead());
    return second;
  };
  return {
    file: first.file.catch(() => other().file),
    image: first.image.catch(() => other().image),
    keys: first.keys.catch(() => other().keys),
  };
}

/** Awaiting them reports a failure; unawaited, a failure must not be unhandled. */
function unhandled<T extends object>(promises: T): T {
  for (const each of Object.values(promises)) each.catch(() => {});
  return promises;
}
