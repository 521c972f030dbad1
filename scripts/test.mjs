// npm test: everything from a clean clone to the last end-to-end test, then unit tests on other Nodes, then one line with the counts.
// npm test -- FILE…: these files alone, on the Node that runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { nodeFolder, otherVersions, unitTests } from './node-versions.mjs';
import { env, root, run, setup } from './setup.mjs';

setup();
run('biome', ['check', '.']);
run('tsc', ['--project', root]);

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-test-'));
const asked = process.argv.slice(2);
const total = vitest(asked);
if (asked.length === 0 && process.platform === 'linux') {
  for (const version of otherVersions()) {
    console.log(`\nUnit tests on Node ${version}`);
    const counts = vitest(unitTests(), nodeFolder(version));
    for (const name of Object.keys(total)) total[name] += counts[name];
  }
}
rmSync(scratch, { recursive: true });
const { passed, failed, skipped, status } = total;
console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exitCode = status === 0 && failed === 0 ? 0 : 1;

/**
 * @param {string[]} args
 * @param {string} [bin] the folder of the Node to run on
 */
function vitest(args, bin = undefined) {
  const report = join(scratch, 'report.json');
  rmSync(report, { force: true });
  const main = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const path = bin ? { PATH: `${bin}${delimiter}${env.PATH}` } : {};
  const { status } = spawnSync(bin ? join(bin, 'node') : process.execPath, [...main, ...reporters], {
    cwd: root,
    env: { ...env, ...path },
    stdio: 'inherit',
  });
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0, status: status || 1 };
  const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  // A file that breaks before its first test counts as a failure.
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return {
    passed: numPassedTests,
    failed: numFailedTests + broken.length,
    skipped: numPendingTests,
    status: Number(status || numFailedTestSuites > 0),
  };
}
