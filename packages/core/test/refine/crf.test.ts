import { describe, expect, test } from 'vitest';
import { decodeSafeTensors, readFloats } from '../../src/formats/safetensors.ts';
import { argmax } from '../../src/nodes/scores.ts';
import { hideNodes, pairwiseTerms, startMeanField, unaryFromLabels, unaryFromScores } from '../../src/refine/crf.ts';
import { agreement, expectClose, goldenBytes, goldenJson } from '../golden.ts';
import { readPng } from '../png.ts';

const golden = goldenJson('crf.json');
const { tensors } = decodeSafeTensors(goldenBytes('crf.safetensors'));
const tensor = (name: string) => readFloats(tensors.get(name)!);
const photograph = readPng('crf.png');

function terms(name: string) {
  const { gaussian, bilateral } = golden.parameters[name];
  return pairwiseTerms(photograph, {
    gaussian: { xy: gaussian.sxy, weight: gaussian.compat },
    bilateral: { xy: bilateral.sxy, rgb: bilateral.srgb, weight: bilateral.compat },
  });
}

function marginals(unary: Float32Array, c: number, steps: number, parameters: string): Float32Array {
  const field = startMeanField(unary, c, terms(parameters));
  for (let i = 0; i < steps; i++) field.step();
  return field.q;
}

describe('marginals equal pydensecrf’s on a photograph', () => {
  test.each(golden.cases as Record<string, never>[])('$classes labels, $steps steps, $parameters', (golden_) => {
    const { classes, steps, parameters, scores, marginals: expected } = golden_;
    const q = marginals(unaryFromScores(tensor(scores), 0), classes, steps, parameters);
    expectClose(q, tensor(expected), 1e-4);
    expect(agreement(argmax(q, classes), argmax(tensor(expected), classes))).toBe(1);
  });

  test('hard labels, some of them hidden', () => {
    const { classes, steps, parameters, gt_prob } = golden.hard;
    const bytes = tensors.get('hard.labels')!.bytes;
    const labels = new Int32Array(bytes.slice().buffer).map((label) => label - 1);
    const unary = unaryFromLabels(labels, classes, gt_prob);
    expectClose(unary, tensor('hard.unary'), 1e-6);
    expectClose(marginals(unary, classes, steps, parameters), tensor('hard.marginals'), 1e-4);
  });
});

test('step 0 is the softmax of the negative unary', () => {
  const { q } = startMeanField(Float32Array.from([0, Math.log(3), 5, 5]), 2, []);
  expectClose(q, [0.75, 0.25, 0.5, 0.5], 1e-6);
});

test('unaryFromScores is −log, clipped', () => {
  expectClose(unaryFromScores(Float32Array.from([1, 0.5, 0]), 1e-4), [0, Math.log(2), Math.log(1e4)], 1e-5);
});

describe('hideNodes', () => {
  const labels = new Int32Array(1000).fill(3);
  const hidden = (seed: number) =>
    [...hideNodes(labels, 0.2, seed).keys()].filter((i) => hideNodes(labels, 0.2, seed)[i] < 0);
  test('hides exactly the share, and the same nodes for the same seed', () => {
    expect(hidden(5)).toHaveLength(200);
    expect(hidden(5)).toEqual(hidden(5));
    expect(hidden(5)).not.toEqual(hidden(6));
  });
  test('hides every node with the same probability', () => {
    const times = new Float64Array(100);
    for (let seed = 0; seed < 2000; seed++) {
      hideNodes(new Int32Array(100), 0.2, seed).forEach((label, i) => {
        times[i] += label < 0 ? 1 : 0;
      });
    }
    // 400 expected, standard deviation 18.
    for (const count of times) expect(Math.abs(count - 400)).toBeLessThan(90);
  });
});
