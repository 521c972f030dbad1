/** `saltworks doctor`: checks a deployment from where it runs, and says what to mend. */
import type { Device } from '@saltworks/backbone/session/device';
import { version } from '@saltworks/telemetry/version';
import { Command, Option } from 'commander';
import { examine, type Finding, type Level } from '../doctor/check.ts';
import { openDeployment, type Part } from '../doctor/deployment.ts';
import { checks } from '../doctor/doctor.ts';
import { checkSettings } from '../doctor/settings.ts';

interface Flags {
  role?: Part;
  device: Device;
  strict?: boolean;
  json?: boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check a deployment from here: settings, services, credentials, clocks, room, versions')
    .addOption(new Option('--role <name>', 'the process that runs with this environment').choices(['server', 'worker']))
    .addOption(
      new Option('--device <name>', 'what its workers compute on')
        .choices(['auto', 'cpu', 'cuda', 'tensorrt'])
        .default('auto'),
    )
    .option('--strict', 'exit code 1 for warnings, too')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
One line a finding: ok, warning or fails, its code, what was found, and what to mend; docs/operate.md explains the codes.
It changes nothing but for small objects of its own in the store, which it deletes, and prints no secret.

Exit codes: 0 nothing fails, 1 something does.`,
    )
    .action(doctor);
}

async function doctor({ role = 'all', device, strict, json }: Flags): Promise<void> {
  const findings: Finding[] = [];
  const tell = (finding: Finding) => {
    findings.push(finding);
    if (!json) console.log(textOf(finding));
  };
  const { settings, findings: read } = checkSettings();
  read.forEach(tell);
  if (settings) {
    const place = await openDeployment(settings, { part: role, device });
    try {
      for await (const finding of examine(place, checks)) tell(finding);
    } finally {
      await place.close();
    }
  }
  const count = (level: Level) => findings.filter((each) => each.level === level).length;
  const [warnings, failures] = [count('warning'), count('fails')];
  if (json) console.log(JSON.stringify({ version, ok: failures === 0, warnings, failures, findings }));
  else console.log(`${count('ok')} ok, ${warnings} warning${warnings === 1 ? '' : 's'}, ${failures} failing`);
  if (failures > 0 || (strict && warnings > 0)) process.exitCode = 1;
}

const textOf = ({ level, code, found, mend }: Finding): string =>
  `${level.padEnd(7)}  ${code.padEnd(20)}  ${found}${mend === undefined ? '' : ` → ${mend}`}`;
