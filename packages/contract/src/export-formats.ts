/** The formats of `saltworks dataset export` (spec/export.md): their names, what people call them, what they keep and what they cannot hold. */
import * as z from './zod.ts';

interface FormatFacts {
  title: string;
  /** A sentence or two, for people. */
  keeps: string;
  loses: string;
}

export const exportFormatFacts = {
  'coco-panoptic': {
    title: 'COCO panoptic',
    keeps: 'Every pixel, segment ids, categories with their numbers and kinds, build and keys. Attributes and names.',
    loses: 'Nothing of a mask is lost; background and void are one (id 0, not listed).',
  },
  'coco-instances': {
    title: 'COCO instances',
    keeps: 'The pixels of things, segment ids, categories with their numbers, build and keys. Attributes and names.',
    loses: 'Stuff segments are left out; background and void are whatever no instance covers.',
  },
  voc: {
    title: 'Pascal VOC',
    keeps: 'Every pixel and every segment; at most 254 categories, and 254 segments an image.',
    loses:
      'Thing and stuff are not told apart, segment ids become 1, 2, 3 …, and background and void are one (index 0). Attributes and names are dropped.',
  },
  'yolo-seg': {
    title: 'YOLO segmentation',
    keeps: 'Outlines of every segment, to the pixel; several parts as one line.',
    loses:
      'Holes are filled, thing and stuff are not told apart, segment ids are dropped, the background has no class. Attributes and names are dropped.',
  },
  labelme: {
    title: 'labelme',
    keeps:
      'Every pixel, segment ids (as group_id), categories and their kinds (stuff as a flag). Attributes and names.',
    loses:
      'The numbers of categories; background and void are whatever no shape covers. labelme before 5.3 shows no masks.',
  },
  cvat: {
    title: 'CVAT for images 1.1',
    keeps:
      'Every pixel and every segment, categories under their names. Attributes of segments, as their labels declare them, and names.',
    loses:
      'Thing and stuff are not told apart, segment ids and numbers of categories are dropped; background and void are whatever no mask covers. Attributes of images are dropped, and which are required.',
  },
  'label-studio': {
    title: 'Label Studio',
    keeps:
      'Every pixel and every segment as a brush region, categories under their names. Attributes of segments and images as choices, numbers and texts; names as notes of regions.',
    loses:
      'Thing and stuff are not told apart, segment ids and numbers of categories are dropped; background and void are whatever no region covers. Attributes that no campaign asks for are dropped.',
  },
  png: {
    title: 'PNG masks with a table of classes',
    keeps: 'Every pixel, every segment, categories and their kinds.',
    loses:
      'Segment ids become 1, 2, 3 …; categories are numbered from 1; background and void are one (0). Attributes and names are dropped.',
  },
  'png-per-class': {
    title: 'a PNG a class',
    keeps: 'The pixels of every category, and the kinds of categories.',
    loses:
      'Segments of one category are not told apart; pixels of no category are background. Attributes and names are dropped.',
  },
  cityscapes: {
    title: 'Cityscapes',
    keeps: 'Every pixel, every segment of things, categories and their kinds; at most 64 categories of things.',
    loses:
      'Stuff segments of one category become one; segment ids are dropped; background and void are one (0). Attributes and names are dropped.',
  },
  datumaro: {
    title: 'Datumaro',
    keeps: 'Every pixel, segment ids, categories and their kinds (the attribute isthing). Attributes and names.',
    loses: 'The numbers of categories; background and void are whatever no mask covers.',
  },
  fiftyone: {
    title: 'FiftyOne',
    keeps: 'Every pixel as Segmentation, every segment as Detection with its mask, segment ids and kinds.',
    loses:
      'The numbers of categories; background and void are one (0). A script, load.py, makes the dataset. Attributes and names are dropped.',
  },
  'hugging-face': {
    title: 'Hugging Face datasets (Parquet)',
    keeps: 'The pictures, every pixel, segment ids, categories and their kinds.',
    loses:
      'The numbers of categories become places from 0; background and void are one (0). Attributes and names are dropped.',
  },
  overlays: {
    title: 'overlays to look at',
    keeps: 'Nothing for programs: each picture with its mask over it.',
    loses: 'Everything but the look.',
  },
} as const satisfies Record<string, FormatFacts>;
export type ExportFormat = keyof typeof exportFormatFacts;
export const exportFormatNames = Object.keys(exportFormatFacts) as ExportFormat[];

/** What people call them. */
export const exportFormatTitles = Object.fromEntries(
  exportFormatNames.map((name) => [name, exportFormatFacts[name].title]),
) as Record<ExportFormat, string>;

/** The parts of an export, train and the like, how often each is drawn beside the others, and the seed of the draw. */
export const exportSplit = z.object({
  seed: z.int().check(z.nonnegative(), z.lte(0xffff_ffff)),
  shares: z
    .array(
      z.object({
        name: z.string().check(z.regex(/^[a-z][a-z0-9_-]{0,19}$/)),
        share: z.number().check(z.positive(), z.lte(1)),
      }),
    )
    .check(z.minLength(1), z.maxLength(10)),
});
export type ExportSplit = z.infer<typeof exportSplit>;

/** What a person may ask of an export beside its format. */
export const exportOptions = z.object({
  /** Whether the pictures come along, where the format has a place for them. */
  pictures: z.optional(z.boolean()),
  split: z.optional(exportSplit),
});
export type ExportOptions = z.infer<typeof exportOptions>;
