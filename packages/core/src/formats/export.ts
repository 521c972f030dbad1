/** The formats of `saltworks dataset export` (spec/export.md). */
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { cocoInstances } from './coco/instances.ts';
import { cocoPanoptic } from './coco/panoptic.ts';
import type { ExportDataset, Exporter } from './exporter.ts';
import { voc } from './voc.ts';
import { yoloSeg } from './yolo-seg.ts';

/** Opens a format for a dataset. Throws InvalidInputError if the format cannot hold it, before any image is read. */
export const exportFormats: Record<ExportFormat, (dataset: ExportDataset) => Exporter> = {
  'coco-panoptic': cocoPanoptic,
  'coco-instances': cocoInstances,
  voc,
  'yolo-seg': yoloSeg,
};
