// npm test: everything from a clean clone to the last end-to-end test, then one line with the counts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, root, run, setup } from './setup.mjs';

setup();
run('biome', ['check', '.']);
run('tsc', ['--project', root]);

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-test-'));
const report = join(scratch, 'report.json');
const { status } = spawnSync(
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { cwd: root, env, stdio: 'inherit' },
);
if (!existsSync(report)) process.exit(status || 1);
const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites, testResults } = JSON.parse(
  readFileSync(report, 'utf8'),
);
rmSync(scratch, { recursive: true });

// A file that breaks before its first test counts as a failure.
const broken = testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
);
const failed = numFailedTests + broken.length;
const skipped = numPendingTests ? `, ${numPendingTests} skipped` : '';
console.log(`\n${numPassedTests} passed, ${failed} failed${skipped}`);
process.exitCode = status || (failed + numFailedTestSuites > 0 ? 1 : 0);
