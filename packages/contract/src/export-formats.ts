/** The formats of `saltworks dataset export` (spec/export.md): their names, what people call them, what they keep and what they cannot hold. */
interface FormatFacts {
  title: string;
  /** A sentence or two, for people. */
  keeps: string;
  loses: string;
}

export const exportFormatFacts = {
  'coco-panoptic': {
    title: 'COCO panoptic',
    keeps: 'Every pixel, segment ids, categories with their numbers and kinds, build and keys.',
    loses: 'Nothing of a mask is lost; background and void are one (id 0, not listed).',
  },
  'coco-instances': {
    title: 'COCO instances',
    keeps: 'The pixels of things, segment ids, categories with their numbers, build and keys.',
    loses: 'Stuff segments are left out; background and void are whatever no instance covers.',
  },
  voc: {
    title: 'Pascal VOC',
    keeps: 'Every pixel and every segment; at most 254 categories, and 254 segments an image.',
    loses:
      'Thing and stuff are not told apart, segment ids become 1, 2, 3 …, and background and void are one (index 0).',
  },
  'yolo-seg': {
    title: 'YOLO segmentation',
    keeps: 'Outlines of every segment, to the pixel; several parts as one line.',
    loses:
      'Holes are filled, thing and stuff are not told apart, segment ids are dropped, the background has no class.',
  },
  labelme: {
    title: 'labelme',
    keeps: 'Every pixel, segment ids (as group_id), categories and their kinds (stuff as a flag).',
    loses:
      'The numbers of categories; background and void are whatever no shape covers. labelme before 5.3 shows no masks.',
  },
  cvat: {
    title: 'CVAT for images 1.1',
    keeps: 'Every pixel and every segment, categories under their names.',
    loses:
      'Thing and stuff are not told apart, segment ids and numbers of categories are dropped; background and void are whatever no mask covers.',
  },
  'label-studio': {
    title: 'Label Studio',
    keeps: 'Every pixel and every segment as a brush region, categories under their names.',
    loses:
      'Thing and stuff are not told apart, segment ids and numbers of categories are dropped; background and void are whatever no region covers.',
  },
  png: {
    title: 'PNG masks with a table of classes',
    keeps: 'Every pixel, every segment, categories and their kinds.',
    loses: 'Segment ids become 1, 2, 3 …; categories are numbered from 1; background and void are one (0).',
  },
  'png-per-class': {
    title: 'a PNG a class',
    keeps: 'The pixels of every category, and the kinds of categories.',
    loses: 'Segments of one category are not told apart; pixels of no category are background.',
  },
  cityscapes: {
    title: 'Cityscapes',
    keeps: 'Every pixel, every segment of things, categories and their kinds; at most 64 categories of things.',
    loses: 'Stuff segments of one category become one; segment ids are dropped; background and void are one (0).',
  },
} as const satisfies Record<string, FormatFacts>;
export type ExportFormat = keyof typeof exportFormatFacts;
export const exportFormatNames = Object.keys(exportFormatFacts) as ExportFormat[];

/** What people call them. */
export const exportFormatTitles = Object.fromEntries(
  exportFormatNames.map((name) => [name, exportFormatFacts[name].title]),
) as Record<ExportFormat, string>;
