/** `saltworks build rebuild`: whether a build comes out the same when it is made again. */
import { getBuildRebuilt, postBuildRebuild } from '@saltworks/contract/api/builds';
import { Command } from 'commander';
import { asking } from '../api.ts';
import { buildNamed } from '../builds.ts';
import { followRun } from '../follow-api.ts';
import { withApi } from '../stack/connect.ts';
import { findSubject, subjectText } from '../subjects.ts';

export const rebuildCommand = (): Command =>
  new Command('rebuild')
    .description('make every mask of a build again from its strokes, and say whether the bytes are the same')
    .argument('<name>', 'a campaign or a dataset')
    .argument('[build]', 'its id, or the first digits (default: the one that is shown)')
    .option('--json', 'one JSON document instead of text')
    .addHelpText('after', '\nExits with 1 if anything differs.')
    .action(rebuild);

async function rebuild(name: string, wanted: string | undefined, { json }: { json?: boolean }): Promise<void> {
  await withApi(json, async (given, line) => {
    // Asked twice, a run is joined.
    const api = asking(given);
    const subject = subjectText(await findSubject(api, name));
    const build = await buildNamed(api, { name, subject }, wanted);
    const params = { subject, build };
    const begun = await api(postBuildRebuild, { params });
    const ended = await followRun(api, begun.id.split('/')[1], begun, { name, line, json: !!json });
    line.clear();
    const differing = [];
    for (let after: number | undefined; ; ) {
      const { items, next } = await api(getBuildRebuilt, { params, query: { after, limit: 200 } });
      differing.push(...items);
      if (next === null) break;
      after = Number(next);
    }
    const { seconds, rebuilt } = ended;
    const images = rebuilt?.images ?? 0;
    if (json) console.log(JSON.stringify({ build, images, same: differing.length === 0, differing, seconds }));
    else {
      for (const { name, reason } of differing) console.log(`${name}: ${reason}`);
      const found = differing.length === 0 ? 'all the same, byte for byte' : `${differing.length} differ`;
      console.log(`${name}: build ${build}: ${images} images made again: ${found}, ${seconds.toFixed(1)} s`);
    }
    if (differing.length > 0) process.exitCode = 1;
  });
}
