import { pythonPackages } from '../test/python-packages.ts';

const wheels = ['--only-binary', ':all:', '--upgrade'];

/**
 * Python readers of the export formats. The official panopticapi is not on PyPI; panopticapi-lite is the package from its
 * repository, and requires more than the evaluation needs.
 */
export const readers = () =>
  pythonPackages('readers', [
    [...wheels, 'numpy', 'pillow'],
    [...wheels, '--no-deps', 'pycocotools>=2.0.7', 'panopticapi-lite==0.2.0'],
  ]);
