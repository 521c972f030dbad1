import { addedName, backboneSettings, backboneSizes } from '@saltworks/contract/documents/backbones';
import * as z from '@saltworks/contract/zod';
import { expect, test } from 'vitest';
import { filesOf } from '../../src/registry/entries.ts';
import { KNOWN_BACKBONES } from '../../src/registry/known.ts';
import { checkUrl } from '../../src/registry/origins.ts';

const file = z.strictObject({
  name: z.string().check(z.regex(/^[A-Za-z0-9._-]+$/)),
  url: z.optional(z.string().check(z.regex(/^https:\/\//))),
  sha256: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  bytes: z.optional(z.number()),
});
const text = z.string().check(z.minLength(1));
const entry = z.strictObject({
  name: z.string().check(z.regex(addedName)),
  where: z.literal('known'),
  source: z.union([
    z.strictObject({ kind: z.literal('pypi'), package: text, version: text, member: text }),
    z.strictObject({ kind: z.literal('files'), files: z.array(file).check(z.minLength(1)) }),
    z.strictObject({
      kind: z.literal('export'),
      library: z.enum(['timm', 'transformers', 'checkpoint']),
      weights: text,
    }),
  ]),
  sha256: z.optional(z.string()),
  bytes: z.optional(z.number()),
  licence: text,
  terms: z.optional(z.enum(['own terms', 'non-commercial'])),
  note: text,
  ...backboneSettings,
  ...backboneSizes,
});

test.each(KNOWN_BACKBONES.map((known) => [known.name, known] as const))('%s is a whole entry', (_, known) => {
  expect(z.safeParse(entry, known).error).toBeUndefined();
  expect(known.longSide % known.patch).toBe(0);
  expect(known.dim % known.heads).toBe(0);
  for (const { url } of filesOf(known)) if (url) expect(checkUrl(url).hostname).toBe('huggingface.co');
});

test('names are all different, and dinov2-small-focus is the first', () => {
  const names = KNOWN_BACKBONES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toBe('dinov2-small-focus');
});

test('the families of the paper are there, and those of today', () => {
  const families = ['vit-', 'vit21k-', 'clip-', 'segmenter-', 'dino-', 'mae-', 'mocov3-', 'msn-'];
  const today = ['dinov2-', 'dinov2-reg-', 'dinov3-', 'siglip2-', 'tipsv2-', 'pe-spatial-', 'c-radiov3-'];
  for (const family of [...families, ...today]) {
    expect(KNOWN_BACKBONES.filter(({ name }) => name.startsWith(family)).length).toBeGreaterThan(0);
  }
});

test('licences with own terms, or not for commerce, want to be accepted', () => {
  const wanting = KNOWN_BACKBONES.filter(({ terms }) => terms).map(({ name }) => name.replace(/-.*/, ''));
  expect([...new Set(wanting)].sort()).toEqual(['c', 'dinov3', 'mae', 'mocov3', 'msn']);
});

test('a hash goes with a revision', () => {
  for (const known of KNOWN_BACKBONES) {
    for (const { url, sha256 } of filesOf(known)) {
      if (url && sha256) expect(url).toMatch(/\/resolve\/[0-9a-f]{40}\//);
    }
  }
});
