/** Documents as workers store them. */
import type { MaskDocument } from '@saltworks/contract/documents/masks';

/** A mask document, as JSON. */
export function maskText(changes: Partial<MaskDocument> = {}): string {
  const document: MaskDocument = {
    version: 1,
    image: { file_name: 'a.png', width: 4, height: 4, sha256: '00' },
    file_name: 'mask.png',
    segments_info: [],
    categories: [],
    nodes: { height: 2, width: 2, iterations: 1, converged: true },
    warnings: [],
    ...changes,
  };
  return JSON.stringify(document);
}
