import { InvalidInputError } from '@saltworks/contract/errors';
import type { SegmentOptions } from '@saltworks/contract/options';
import { describe, expect, test } from 'vitest';
import { openFast } from '../src/fast/solver.ts';
import { presets, solveOptions } from '../src/options.ts';
import { refine } from '../src/refine/refine.ts';
import { openPlain } from '../src/solver.ts';
import { makeScene } from './scene.ts';

describe('the settings of a solve', () => {
  test('are the preset, the backbone’s factor of σ, and the changes', () => {
    expect(solveOptions('paper', { sigma: 0.4 })).toEqual({ ...presets.paper, sigmaFactor: 0.4 });
    const changed = solveOptions('best', { sigma: 0.4 }, { graph: 'rbf', alpha: undefined });
    expect(changed).toEqual({ ...presets.best, sigmaFactor: 0.4, graph: 'rbf' });
    expect(solveOptions('best', { sigma: 0.4 }, { sigmaFactor: 0.2 }).sigmaFactor).toBe(0.2);
  });

  test('`best` holds strokes, `paper` tolerates them', () => {
    expect(presets.best.strokes).toBe('hold');
    expect(presets.paper.strokes).toBe('tolerate');
  });

  test.each(['better', 'toString', ''])('refuse the unknown preset %s', (preset) => {
    expect(() => solveOptions(preset as 'best', { sigma: 0.15 })).toThrow(InvalidInputError);
  });

  test.each(['graph', 'upsample', 'refine', 'unary', 'strokes'] as const)('refuse an unknown %s', (name) => {
    const changes = { [name]: 'nonsense' } as Partial<SegmentOptions>;
    expect(() => solveOptions('best', { sigma: 0.15 }, changes)).toThrow(`${name} nonsense; expected one of`);
  });
});

describe('an unknown choice that types did not stop is refused where it matters', () => {
  const { image, keys, seeds } = makeScene(3, 4, 4, 2);
  const nonsense = (name: keyof SegmentOptions) => ({ ...presets.paper, [name]: 'nonsense' }) as SegmentOptions;

  test.each([
    ['plain', openPlain],
    ['fast', openFast],
  ])('%s', (_, open) => {
    const solve = (options: SegmentOptions) => {
      const solver = open(image, keys, options);
      return solver.refine(solver.solve(seeds(2)));
    };
    expect(solve(presets.paper).ids).toHaveLength(image.width * image.height);
    for (const name of ['graph', 'upsample', 'refine', 'unary'] as const) {
      expect(() => solve(nonsense(name))).toThrow(`${name} nonsense; expected one of`);
      const bare = { ...nonsense(name), refine: name === 'refine' ? 'nonsense' : 'none' } as SegmentOptions;
      expect(() => solve(bare)).toThrow(`${name} nonsense; expected one of`);
    }
  });

  test('from nodes to pixels', () => {
    const nodes = { data: new Float32Array(4), h: 1, w: 2, labels: [1, 2] };
    expect(() => refine(image, nodes, nonsense('unary'))).toThrow('unary nonsense');
  });
});
