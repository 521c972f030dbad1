/** Temporal: whether it answers, its version, the namespace and how long it keeps what is over. */
import { isGrpcServiceError } from '@temporalio/client';
import { type Check, type Finding, fails, ok, oneLine, warning } from './check.ts';

/** gRPC. */
const NOT_FOUND = 5;
const HOUR = 3_600;

export const checkTemporal: Check = async ({ settings, embedded, temporalAddress, temporal }) => {
  if (temporalAddress === undefined) {
    return [ok('temporal', `no stack runs on ${settings.home}; "saltworks up", and commands, start one`)];
  }
  const { namespace } = settings;
  const findings: Finding[] = [];
  let version = '';
  try {
    const connection = await temporal();
    version = (await connection.workflowService.getSystemInfo({})).serverVersion ?? '';
    findings.push(ok('temporal', `${temporalAddress} answers, version ${version}`));
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const kept = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / HOUR;
    const said = `namespace ${namespace} keeps what is over for ${kept} h`;
    findings.push(
      kept >= 24 || embedded
        ? ok('temporal.namespace', said)
        : warning('temporal.namespace', said, 'its retention: runs that are over leave lists after it; 72 h or more'),
    );
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === NOT_FOUND && version !== '') {
      findings.push(
        fails(
          'temporal.namespace',
          `no namespace ${namespace} at ${temporalAddress}`,
          `SALTWORKS_TEMPORAL_NAMESPACE, or make it: temporal operator namespace create -n ${namespace}`,
        ),
      );
    } else {
      const mend = embedded ? 'the stack: its output says why' : 'SALTWORKS_TEMPORAL_ADDRESS, the network, or Temporal';
      findings.push(fails('temporal', `${temporalAddress} does not answer: ${oneLine(error)}`, mend));
    }
  }
  return findings;
};
