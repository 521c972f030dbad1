/** The formats of `saltworks dataset export` (spec/export.md): their names, and what people call them. */
export const exportFormatTitles = {
  'coco-panoptic': 'COCO panoptic',
  'coco-instances': 'COCO instances',
  voc: 'Pascal VOC',
  'yolo-seg': 'YOLO segmentation',
} as const;
export type ExportFormat = keyof typeof exportFormatTitles;
export const exportFormatNames = Object.keys(exportFormatTitles) as ExportFormat[];
