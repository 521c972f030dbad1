import { pythonPackages } from '../test/python-packages.ts';

const wheels = ['--only-binary', ':all:', '--upgrade'];

/**
 * The readers that people use of the formats that are exported. The official panopticapi is not on PyPI; panopticapi-lite is its
 * package as it stands in the repository, and asks for more than the evaluation needs.
 */
export const readers = () =>
  pythonPackages('readers', [
    [...wheels, 'numpy', 'pillow'],
    [...wheels, '--no-deps', 'pycocotools>=2.0.7', 'panopticapi-lite==0.2.0'],
  ]);
