/** What follows once an annotator has an image: a worker opens it, and strokes that nobody answered are answered. */
import type { Assignment } from '@saltworks/contract/api/assignments';
import { sizeOf } from '../campaigns/assignments/image-size.ts';
import { campaignFor } from '../campaigns/assignments/pins.ts';
import { findAssignment } from '../campaigns/assignments/read.ts';
import { keysOf } from '../campaigns/keys.ts';
import type { Deps } from './routes.ts';

/** @param warn receives the failure of the worker's part, which is tried again later */
export async function openTaken(
  { db, answers, imageSize }: Pick<Deps, 'db' | 'answers' | 'imageSize'>,
  id: string,
  warn: (error: Error) => void,
): Promise<Assignment> {
  const found = await findAssignment(db, id);
  const campaign = await campaignFor(db, found);
  const { width, height } = await sizeOf(db, found, (sha256) => imageSize(sha256, keysOf(campaign)));
  answers.open(found, campaign).catch(warn);
  if (found.answered < found.n) answers.answer(found.id);
  return { ...found, image: { ...found.image, width, height } };
}
