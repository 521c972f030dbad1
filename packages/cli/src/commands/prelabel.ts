/** `saltworks prelabel`: what strokes on some images teach about all others. */
import type { Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { MaskSettings } from '@saltworks/contract/messages/activities';
import { prelabelDataset } from '@saltworks/orchestrator/runs/start';
import type { Command } from 'commander';
import { asking } from '../api.ts';
import { chosenKeys } from '../backbones.ts';
import { follow } from '../follow.ts';
import { withApi } from '../stack/connect.ts';
import { findSubject } from '../subjects.ts';
import { type RunFlags, recipeNamed, runCommand } from './runs.ts';

export const prelabelCommand = (): Command =>
  runCommand('prelabel', 'predict masks of the images that nobody drew on, from what was drawn on others')
    .option(
      '--from <campaign>',
      "learn from what a campaign's annotators handed in (default: the dataset's own scribbles)",
    )
    .addHelpText(
      'after',
      `
Keys of all images must be there (extract). Only images whose strokes changed are solved again.
The masks are kept apart from drawn ones: dataset export NAME --prelabels.
What was learned may join the strokes of drawn images, as far as it is to be trusted: propagate NAME --corpus.`,
    )
    .action(prelabel);

async function prelabel(dataset: string, flags: RunFlags & { from?: string }): Promise<void> {
  const { window, attempts, from } = flags;
  const json = !!flags.json;
  const subject = await subjectOf(dataset, from, json);
  const settings: MaskSettings = { extract: await chosenKeys(flags), preset: 'best', solve: {} };
  const recipe = await recipeNamed(settings);
  const input = { dataset, subject, window, attempts, ...settings };
  const ended = await follow(dataset, json, (client) => prelabelDataset(client, recipe, input));
  const { labelled, predicted, classes, failed, seconds, model, trust } = ended;
  const images = labelled + ended.images;
  if (json) console.log(JSON.stringify({ images, labelled, predicted, classes, failed, model, trust, seconds }));
  else {
    console.log(
      `${dataset}: ${labelled} images with strokes teach ${classes} classes; ${predicted} predicted, ${failed} failed, ${seconds.toFixed(1)} s`,
    );
    if (trust !== undefined)
      console.log(`propagate ${dataset} --corpus would hear it with a trust of ${trust.toFixed(2)} of 1`);
  }
  if (failed === 0) return;
  console.error(`saltworks: ${failed} of ${images} images failed: saltworks dataset ls ${dataset} --failed`);
  if (predicted === 0) process.exitCode = 1;
}

/** Whose strokes teach. @throws InvalidInputError if there is no such campaign */
async function subjectOf(dataset: string, from: string | undefined, json: boolean): Promise<Subject> {
  if (from === undefined) return { kind: 'dataset', name: dataset };
  const found = await withApi(json, (api) => findSubject(asking(api), from));
  if (found.kind === 'campaign') return found;
  throw new InvalidInputError(`--from ${from}: a dataset; expected a campaign of: saltworks campaign ls`);
}
