/** `saltworks relabel`: all masks of a campaign or a dataset made anew, compared, and shown or held. */
import { type NewRelabel, postBuildRelabel } from '@saltworks/contract/api/builds';
import { keepPolicies, promoteModes } from '@saltworks/contract/messages/relabel';
import type { Preset } from '@saltworks/contract/options';
import { presets } from '@saltworks/core/options';
import { Command, Option } from 'commander';
import { asking } from '../api.ts';
import { sharedName } from '../backbones.ts';
import { followRun } from '../follow-api.ts';
import { backboneOption, type KeysFlags, parseFromTo, withKeysDetails } from '../options.ts';
import { withApi } from '../stack/connect.ts';
import { findSubject, subjectText } from '../subjects.ts';

interface RelabelFlags extends KeysFlags {
  preset?: Preset;
  promote: NewRelabel['promote'];
  keep: NewRelabel['keep'];
  gateWorse?: number;
  gateChanged?: number;
  json?: boolean;
}

export const relabelCommand = (): Command =>
  withKeysDetails(
    new Command('relabel')
      .description(
        'make all masks anew from the strokes, compare them with what is shown, and show them or have them held',
      )
      .argument('<name>', 'a campaign, or a dataset that has scribbles')
      .requiredOption(...backboneOption),
  )
    .addOption(
      new Option('--preset <name>', "how (default: a campaign's own, best for a dataset)").choices(
        Object.keys(presets),
      ),
    )
    .addOption(
      new Option(
        '--promote <when>',
        'whether the new masks are shown: once the gate is open, once a person says so, never',
      )
        .choices(promoteModes)
        .default('auto'),
    )
    .addOption(
      new Option('--keep <which>', 'masks that stay as they are: those that a person accepted in review, or none')
        .choices(keepPolicies)
        .default('accepted'),
    )
    .option(
      '--gate-worse <x>',
      'mean IoU that known and accepted masks may lose without a look, 0 to 1',
      parseFromTo(0, 1),
    )
    .option('--gate-changed <y>', 'how far segments may change without a look, 1 − mean IoU', parseFromTo(0, 1))
    .option('--json', 'JSON instead of text: one document at the end, before it why the run waits')
    .addHelpText(
      'after',
      `
Strokes stay as they are; the masks of before stay, too, and come back with: saltworks build rollback NAME
A gate that holds is no failure: a person looks, then promotes. Ctrl-C detaches; the same command takes it up again.

Example: saltworks relabel pets --backbone dinov2-small-focus --layer 9`,
    )
    .action(relabel);

async function relabel(name: string, flags: RelabelFlags): Promise<void> {
  const { layer, facet, longSide, codec, preset, promote, keep, gateWorse, gateChanged, json } = flags;
  const backbone = await sharedName(flags.backbone);
  const thresholds = { worse: gateWorse, changed: gateChanged };
  const body = { backbone, layer, facet, longSide, codec, preset, promote, keep, thresholds };
  await withApi(json, async (given, line) => {
    // Asked twice, a run is joined.
    const api = asking(given);
    const subject = await findSubject(api, name);
    const begun = await api(postBuildRelabel, { params: { subject: subjectText(subject) }, body });
    const dataset = begun.id.split('/')[1];
    const ended = await followRun(api, dataset, begun, { name, line, json: !!json });
    line.clear();
    const { relabelled: made, seconds } = ended;
    if (!made) throw new Error(`the server does not say what came of ${begun.id}; expected a build`);
    const { build, base, images, failed, changed, promoted, gate } = made;
    if (json) {
      console.log(JSON.stringify({ build, base, images, changed, promoted, gate, seconds }));
    } else {
      const found = `${changed} differ from ${base}`;
      const against = base === null ? 'nothing was shown before' : build === base ? 'the same as before' : found;
      console.log(`${name}: build ${build}: ${images} images, ${against}, ${seconds.toFixed(1)} s`);
      if (promoted) console.log(`it is shown now; back with: saltworks build rollback ${name}`);
      else {
        for (const reason of gate.reasons) console.log(`held: ${reason}`);
        console.log(`it is not shown; look at it, then: saltworks build promote ${name} ${build}`);
      }
    }
    if (failed > 0) {
      console.error(`saltworks: ${failed} of ${images} images failed: saltworks dataset ls ${dataset} --failed`);
      if (failed === images) process.exitCode = 1;
    }
  });
}
