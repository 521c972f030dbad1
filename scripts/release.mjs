// npm run release -- VERSION [--dry-run]: versions, changelog, commit and tag. Nothing is pushed or published (docs/release.md).
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { notesOf, released } from './changelog.mjs';
import { env, root, run } from './setup.mjs';

const changelog = join(root, 'CHANGELOG.md');
const chart = join(root, 'infra/helm/saltworks/Chart.yaml');
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
const current = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8')).version;

function refuse(line) {
  console.error(`release: ${line}`);
  process.exit(2);
}

const wanted = process.argv.slice(2).filter((arg) => arg !== '--dry-run');
const isDry = process.argv.includes('--dry-run');
const [version] = wanted;
if (wanted.length !== 1 || !/^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/.test(version)) {
  refuse(`"${wanted.join(' ')}"; expected one version like 1.2.0 or 1.2.0-rc.1, and --dry-run to change nothing`);
}
const numbers = (text) => text.split('-')[0];
if (numbers(version).localeCompare(numbers(current), 'en', { numeric: true }) < 0) {
  refuse(`${version} is before ${current}; expected a later version`);
}
const changed = git('status', '--porcelain');
if (changed !== '') refuse(`${changed.split('\n').length} uncommitted changes; expected none`);
const tag = `v${version}`;
if (git('tag', '--list', tag) !== '') refuse(`tag ${tag} is there; expected another version`);
const text = readFileSync(changelog, 'utf8');
let next;
try {
  next = released(text, version, new Date().toISOString().slice(0, 10));
} catch (error) {
  refuse(error.message);
}

Object.assign(env, { NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' });
const asked = ['--git-commit=false', '--git-tag=false', '--stage-changes=false', ...(isDry ? ['--dry-run'] : [])];
run('nx', ['release', 'version', version, ...asked], { quiet: !isDry });
if (isDry) {
  console.log(`CHANGELOG.md: ${version}\n\n${notesOf(next, `## ${version}`)}\n\nrelease: nothing was changed`);
  process.exit();
}
writeFileSync(changelog, next);
writeFileSync(
  chart,
  readFileSync(chart, 'utf8')
    .replace(/^version: .*$/m, `version: ${version}`)
    .replace(/^appVersion: .*$/m, `appVersion: "${version}"`),
);
git('commit', '--quiet', '--all', '--allow-empty', '--message', `Version ${version}`);
git('tag', '--annotate', tag, '--message', `Saltworks ${version}`);
console.log(`release: ${tag} is committed and tagged; next: git push --follow-tags, npm run pack (docs/release.md)`);
