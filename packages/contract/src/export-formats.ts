/** The formats of `saltworks dataset export` (spec/export.md), by name. */
export const exportFormatNames = ['coco-panoptic', 'coco-instances', 'voc', 'yolo-seg'] as const;
export type ExportFormat = (typeof exportFormatNames)[number];
