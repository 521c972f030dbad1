/** `saltworks deployment …`: versions that run side by side, and which one new runs begin on. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { deployedVersions, moveRuns, switchVersion } from '@saltworks/orchestrator/temporal/deployments';
import { Client, Connection } from '@temporalio/client';
import { Command } from 'commander';
import { parseWhole } from '../options.ts';
import { readSettings } from '../settings.ts';
import { reachTemporal } from '../stack/reach.ts';
import { temporalConnection } from '../stack/temporal-connection.ts';
import { table } from '../table.ts';

export function deploymentCommand(): Command {
  const command = new Command('deployment')
    .description('versions of servers and workers that run side by side, by their SALTWORKS_BUILD_ID')
    .addHelpText(
      'after',
      `
Examples:
  saltworks deployment ls                 what runs where, and which versions may go
  saltworks deployment ramp 0.2.0 10      a tenth of new runs begin on 0.2.0
  saltworks deployment current 0.2.0      all of them do; back again with the version before
  saltworks deployment move 0.1.0         its runs go on with the current version's code`,
    );
  command
    .command('ls')
    .description('the versions, and how many runs must end on each before its processes may go')
    .option('--json', 'JSON, one document a line')
    .action(async ({ json }: { json?: boolean }) =>
      withDeployment(async (place) => {
        const versions = await deployedVersions(place);
        if (json) for (const version of versions) console.log(JSON.stringify(version));
        else if (versions.length === 0) console.log(`no version of ${place.deploymentName} has run yet`);
        else {
          const rows = versions.map(({ build, state, share, runs }) => [
            ...[build, state === 'other' && runs === 0 ? 'drained' : state === 'other' ? 'draining' : state],
            ...[`${share} %`, String(runs)],
          ]);
          console.log(table(['version', 'state', 'new runs', 'runs under way'], rows));
        }
      }),
    );
  command
    .command('current')
    .description('make a version the one that new runs begin on')
    .argument('<version>', 'its SALTWORKS_BUILD_ID')
    .option('--anyway', 'even if nobody of that version polls a queue that the current one has')
    .action(async (version: string, { anyway }: { anyway?: boolean }) =>
      withDeployment(async (place) => {
        await switchVersion(place, version, { anyway });
        console.log(`new runs begin on ${version}`);
      }),
    );
  command
    .command('ramp')
    .description('have a share of new runs begin on a version')
    .argument('<version>', 'its SALTWORKS_BUILD_ID')
    .argument('<percent>', 'of new runs, 0 to 99', parseWhole(0))
    .option('--anyway', 'even if nobody of that version polls a queue that the current one has')
    .action(async (version: string, share: number, { anyway }: { anyway?: boolean }) => {
      if (share > 99)
        throw new InvalidInputError(`${share} percent; expected 0 to 99, or saltworks deployment current`);
      await withDeployment(async (place) => {
        await switchVersion(place, version, { share, anyway });
        console.log(`${share} % of new runs begin on ${version}`);
      });
    });
  command
    .command('move')
    .description("have a version's runs go on with the current version's code, so that its processes may go")
    .argument('<version>', 'its SALTWORKS_BUILD_ID')
    .action(async (version: string) =>
      withDeployment(async (place) => {
        const moved = await moveRuns(place, version);
        console.log(`${moved} ${moved === 1 ? 'run goes' : 'runs go'} on with the current version`);
      }),
    );
  return command;
}

async function withDeployment(work: (place: { client: Client; deploymentName: string }) => Promise<void>) {
  const { temporalAddress: address, temporalAccess, namespace, deployment } = readSettings();
  if (!address)
    throw new InvalidInputError(
      'no SALTWORKS_TEMPORAL_ADDRESS; expected host:port (an embedded stack has one version)',
    );
  await reachTemporal(address, temporalAccess);
  const connection = await Connection.connect(temporalConnection(address, temporalAccess));
  try {
    await work({ client: new Client({ connection, namespace }), deploymentName: deployment });
  } finally {
    await connection.close();
  }
}
