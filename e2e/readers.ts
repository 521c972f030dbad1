import { pythonPackages } from '../test/python-packages.ts';

const wheels = ['--only-binary', ':all:', '--upgrade'];

/**
 * Python readers of the export formats. The official panopticapi is not on PyPI; panopticapi-lite is the package from its
 * repository, and requires more than the evaluation needs. So do labelme (a window's toolkit), Label Studio's SDK and the
 * scripts of Cityscapes: only their readers of labels are loaded.
 */
export const readers = () =>
  pythonPackages('export-readers', [
    [...wheels, 'numpy', 'pillow', 'tifffile', 'loguru', 'pyarrow'],
    [...wheels, '--no-deps', 'pycocotools>=2.0.7', 'panopticapi-lite==0.2.0'],
    [...wheels, '--no-deps', 'labelme==6.3.1', 'label-studio-sdk==2.1.2', 'cityscapesScripts==2.3.0'],
  ]);
