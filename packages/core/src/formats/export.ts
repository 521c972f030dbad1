/** The formats of `saltworks dataset export` (spec/export.md). */
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { cityscapes, classPng, perClassPng } from './class-png.ts';
import { cocoInstances } from './coco/instances.ts';
import { cocoPanoptic } from './coco/panoptic.ts';
import { cvat } from './cvat.ts';
import { datumaro } from './datumaro.ts';
import { checkImage, type ExportDataset, type Exporter } from './exporter.ts';
import { fiftyone } from './fiftyone.ts';
import { huggingFace } from './hugging-face.ts';
import { labelStudio } from './label-studio.ts';
import { labelme } from './labelme.ts';
import { overlays } from './overlays.ts';
import { voc } from './voc.ts';
import { yoloSeg } from './yolo-seg.ts';

/** Opens a format for a dataset. Throws InvalidInputError if the format cannot hold it, before any image is read. */
type Open = (dataset: ExportDataset) => Exporter;

const formats: Record<ExportFormat, Open> = {
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

/** Whatever it writes, a format refuses images that would lose something (see `checkImage`). */
const checked =
  (open: Open): Open =>
  (dataset) => {
    const exporter = open(dataset);
    const image: Exporter['image'] = (one) => {
      checkImage(one, dataset.categories);
      return exporter.image(one);
    };
    return { ...exporter, image };
  };

export const exportFormats = Object.fromEntries(
  Object.entries(formats).map(([format, open]) => [format, checked(open)]),
) as Record<ExportFormat, Open>;
