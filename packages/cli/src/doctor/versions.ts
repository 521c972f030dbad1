/** Versions: of Node, of the native libraries, and of the other processes of the deployment. */
import { nativeVersions } from '@saltworks/backbone/runtime/versions';
import { versionOf } from '@saltworks/contract/messages/identity';
import { version } from '@saltworks/telemetry/version';
import { type Check, type Finding, ok, warning } from './check.ts';
import { orNothing } from './deployment.ts';
import { pollersByQueue } from './queues.ts';

/** Major versions of Node that still get fixes. */
const ALIVE = [22, 24, 26];

export const checkVersions: Check = async (place) => {
  const node = process.versions.node;
  const { onnxruntime, sharp, vips } = nativeVersions();
  const said = `Node ${node}, onnxruntime ${onnxruntime}, sharp ${sharp} on libvips ${vips}`;
  const findings: Finding[] = [
    ALIVE.includes(Number.parseInt(node, 10))
      ? ok('versions', said)
      : warning('versions', said, `a Node that gets fixes: ${ALIVE.join(' or ')}`),
  ];
  const pollers = await orNothing(pollersByQueue(place));
  if (!pollers) return findings;
  const others = new Map<string, string>();
  for (const identity of pollers.flatMap(({ identities }) => identities)) {
    const other = versionOf(identity);
    if (other !== undefined && other !== version) others.set(identity, other);
  }
  if (others.size === 0) findings.push(ok('versions.processes', `saltworks ${version} everywhere`));
  for (const [identity, other] of others) {
    findings.push(
      warning(
        'versions.processes',
        `${identity} is ${other}, this is ${version}`,
        'the roll-out: one version everywhere',
      ),
    );
  }
  return findings;
};
