/** What the processor adds to products of bytes. */
import { readFileSync } from 'node:fs';

/** Vector instructions that multiply bytes and add them up in 32 bits, without overflow in between. */
const INTEGER_PRODUCTS = /\b(avx512_vnni|avx_vnni|asimddp|i8mm)\b/;

/** Whether int8 is exact and fast here; false where the system does not tell (other than Linux). */
export function hasIntegerProducts(cpuinfo = readCpuinfo()): boolean {
  return INTEGER_PRODUCTS.test(cpuinfo);
}

function readCpuinfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
