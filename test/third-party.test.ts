/** What the command consists of: a bill of materials and a licence report, left in `out/`, and licences that fit. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, test } from 'vitest';
import { documents, exceptions, isAllowed, isFine } from '../scripts/third-party.mjs';

const { bill, report, parts } = documents();
const out = new URL('../out/', import.meta.url).pathname;
mkdirSync(out, { recursive: true });
const text = `${JSON.stringify(bill, null, 1)}\n`;
writeFileSync(join(out, 'sbom.cdx.json'), text);
writeFileSync(join(out, 'THIRD_PARTY.md'), report);
const all = [...parts.values()];
const names = new Set(all.map(({ name }) => name));

describe('licences', () => {
  test('of all packages are allowed, or an exception says why they may be there', () => {
    const wrong = all
      .filter((part) => !isFine(part))
      .map(({ name, version, licence }) => `${name}@${version}: ${licence}`);
    expect(wrong).toEqual([]);
  });

  test('have no exception that nobody needs', () => {
    const needed = all.filter(({ licence }) => !isAllowed(licence)).map(({ name }) => name);
    for (const exception of exceptions) {
      const used = [...names].filter((name) => exception.names.test(name));
      expect(used.length, String(exception.names)).toBeGreaterThan(0);
    }
    expect(needed.every((name) => exceptions.some((exception) => exception.names.test(name)))).toBe(true);
  });

  test.each([
    ['MIT', true],
    ['GPL-3.0-only', false],
    ['unknown', false],
    ['MIT AND GPL-2.0-only', false],
    ['(MIT OR GPL-2.0-only)', true],
  ])('%s: %s', (licence, allowed) => {
    expect(isAllowed(licence)).toBe(allowed);
  });

  test('of an exception hold for that package alone', () => {
    expect(isFine({ name: 'another', licence: 'LGPL-3.0-or-later' })).toBe(false);
    expect(isFine({ name: '@img/sharp-libvips-linux-x64', licence: 'GPL-3.0-only' })).toBe(false);
  });
});

describe('the bill of materials', () => {
  test('is valid CycloneDX', async () => {
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
  });

  test('names each package once, and all that it depends on', () => {
    const refs = bill.components.map((part: { 'bom-ref': string }) => part['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    const known = new Set([...refs, bill.metadata.component['bom-ref']]);
    for (const { ref, dependsOn } of bill.dependencies)
      expect([ref, ...dependsOn].every((each) => known.has(each))).toBe(true);
  });

  test('has what runs, the page’s parts included, and nothing that builds or tests', () => {
    for (const name of ['onnxruntime-node', 'sharp', '@temporalio/core-bridge', 'fastify', 'react', 'zod'])
      expect(names).toContain(name);
    for (const name of ['vitest', 'vite', 'typescript', 'turbo', 'nx', 'assemblyscript', '@biomejs/biome']) {
      expect(names).not.toContain(name);
    }
  });

  test('the report has the licences of what is inside our own files', () => {
    for (const name of ['react', 'uplot', '@temporalio/workflow', 'onnxruntime-node'])
      expect(report).toContain(`### ${name} `);
    expect(report).toContain('Copyright');
  });
});
