/** The formats of labels beside pictures that `saltworks dataset import` reads (docs/inputs.md). */
interface LabelFacts {
  title: string;
  /** How a folder or file of it looks. */
  looks: string;
  /** A sentence or two, for people. */
  keeps: string;
  loses: string;
}

export const labelFormatFacts = {
  coco: {
    title: 'COCO panoptic or instances',
    looks: 'a JSON document with images, annotations and categories',
    keeps: 'Panoptic masks whole; of instances, polygons and run lengths, painted in their order.',
    loses: 'Boxes, keypoints and captions; crowds are void.',
  },
  labelme: {
    title: 'labelme',
    looks: 'a JSON file with shapes beside each picture',
    keeps: 'Polygons and masks in their order; shapes of one label and group_id are one segment; the flag stuff.',
    loses: 'Rectangles, circles, lines and points, each with a line; other flags and descriptions.',
  },
  cvat: {
    title: 'CVAT for images 1.1',
    looks: 'annotations.xml with images in it',
    keeps:
      'Polygons and masks by z_order; shapes of one label and group_id are one segment, with the values of their attributes.',
    loses: 'Boxes, ellipses, lines, points and skeletons, each with a line; tags of images; tracks of CVAT for video.',
  },
  'label-studio': {
    title: 'Label Studio',
    looks: 'a JSON list of tasks with annotations',
    keeps: 'Brush regions and polygons of the annotation that is the ground truth, else the last one, in their order.',
    loses: 'Other annotations, predictions, boxes, ellipses and keypoints, each with a line; rotated regions.',
  },
  voc: {
    title: 'Pascal VOC',
    looks: 'JPEGImages/ and SegmentationClass/, with labelmap.txt unless the classes are the 20 of VOC',
    keeps: 'A segment for each class and object; without SegmentationObject/ a segment for each class.',
    loses: 'Boxes in Annotations/; every category is a thing.',
  },
  'yolo-seg': {
    title: 'YOLO segmentation',
    looks: 'a data.yaml with names, and labels/ beside images/',
    keeps: 'Polygons; where two overlap, the smaller one has the pixel.',
    loses: 'Boxes, each with a line; holes that nothing fills; every category is a thing.',
  },
  png: {
    title: 'PNG masks with a table of classes',
    looks: 'images/ and masks/ (or labels/, annotations/), with classes.csv, .json or .txt',
    keeps: 'A segment for each class, or with segments/ for each class and segment; kinds, if the table has them.',
    loses: 'Numbers and colours that the table lacks are void, with a line.',
  },
  cityscapes: {
    title: 'Cityscapes',
    looks: 'leftImg8bit/ and gtFine/ with _instanceIds.png or _labelIds.png',
    keeps: 'A segment for each thing, one for each stuff class; classes.csv replaces the classes of Cityscapes.',
    loses: 'Polygons under other polygons; unlabeled, ego vehicle and the like are void.',
  },
} as const satisfies Record<string, LabelFacts>;
export type LabelFormat = keyof typeof labelFormatFacts;
export const labelFormatNames = Object.keys(labelFormatFacts) as LabelFormat[];
