/** The formats of `saltworks dataset export` (spec/export.md). */
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { cityscapes, classPng, perClassPng } from './class-png.ts';
import { cocoInstances } from './coco/instances.ts';
import { cocoPanoptic } from './coco/panoptic.ts';
import { cvat } from './cvat.ts';
import { datumaro } from './datumaro.ts';
import type { ExportDataset, Exporter } from './exporter.ts';
import { fiftyone } from './fiftyone.ts';
import { huggingFace } from './hugging-face.ts';
import { labelStudio } from './label-studio.ts';
import { labelme } from './labelme.ts';
import { overlays } from './overlays.ts';
import { voc } from './voc.ts';
import { yoloSeg } from './yolo-seg.ts';

/** Opens a format for a dataset. Throws InvalidInputError if the format cannot hold it, before any image is read. */
export const exportFormats: Record<ExportFormat, (dataset: ExportDataset) => Exporter> = {
  'coco-panoptic': cocoPanoptic,
  'coco-instances': cocoInstances,
  voc,
  'yolo-seg': yoloSeg,
  labelme,
  cvat,
  'label-studio': labelStudio,
  png: classPng,
  'png-per-class': perClassPng,
  cityscapes,
  datumaro,
  fiftyone,
  'hugging-face': huggingFace,
  overlays,
};
