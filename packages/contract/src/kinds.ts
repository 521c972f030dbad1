/** The choices of a solve's settings, by the names that commands, documents and the API share. */

export const presetNames = ['paper', 'best'] as const;

/** The preset and the backbone where none is named, in commands, on pages and in the API. */
export const defaultPreset = 'best';
export const defaultBackbone = 'dinov2-small-focus';

/** `walk`: ridge regression and a random walk, which take no other graph's settings. Else an affinity that labels spread along. */
export const graphKinds = ['walk', 'rbf', 'similarity', 'knn'] as const;

/** From patches to nodes. `linear` doubles the grid by interpolation; `none` takes a node a patch (keys of `overlap` are doubled already). */
export const upsampleKinds = ['linear', 'none'] as const;

/** From nodes to pixels: by a CRF, or straight. */
export const refineKinds = ['crf', 'none'] as const;

/**
 * Where pixels start. `hard`: each pixel takes the best label of its node; a CRF gets no opinion from the `hidden` share of
 * nodes (the paper). `soft`: the nodes' scores, interpolated.
 */
export const unaryKinds = ['hard', 'soft'] as const;

/** Pixels under strokes. `hold`: they keep the stroke's label. `tolerate`: the image may contradict a noisy stroke. */
export const strokeKinds = ['hold', 'tolerate'] as const;

/** Which of an attention layer's three projections serves as keys. */
export const facets = ['key', 'query', 'value'] as const;
export type Facet = (typeof facets)[number];

/**
 * How keys are kept (spec/keys.md). `float16`; `int8`: 8 bits a value, scaled dimension by dimension; `pca-N`: the same of an
 * image's coordinates along its N main directions.
 */
export const codecPattern = /^(float16|int8|pca-[1-9][0-9]{0,2})$/;
export const defaultCodec = 'float16';

/**
 * How a backbone resizes its position embedding; each library does it in its own way, and a file does not say which.
 * `bicubic-scale`: by the factor (n + 0.1) / n₀, as DINO's own code. `bicubic-antialias`: as timm.
 */
export const interpolations = ['bicubic', 'bicubic-scale', 'bicubic-antialias', 'bilinear'] as const;
export type Interpolation = (typeof interpolations)[number];
