/**
 * An instance of the kernels' WebAssembly module, and its memory. Memory is reserved in order and released to a mark,
 * never freed piece by piece; kernels allocate nothing.
 */
import { type Kernels, wasm } from './wasm.ts';

/** A place in an arena's memory: bytes from its start, a multiple of 16. */
export type Address = number;

let compiled: WebAssembly.Module | undefined;

function module(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0)));
  return compiled;
}

const page = 65_536;

export class Arena {
  /** Each stage's folder `kernels/` documents its own. */
  readonly kernels: Kernels;
  readonly #memory: WebAssembly.Memory;
  readonly #base: Address;
  #top: Address;

  constructor() {
    // One compilation gives the module and its types.
    const exports = new WebAssembly.Instance(module(), {}).exports as unknown as Kernels & {
      memory: WebAssembly.Memory;
    };
    this.kernels = exports;
    this.#memory = exports.memory;
    this.#base = (this.kernels.heapBase() + 15) & ~15;
    this.#top = this.#base;
  }

  /** Bytes that the arena holds. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * Reserves that many bytes, and 16 more so that vectors may run over the end. Their content is arbitrary.
   *
   * @throws RangeError if memory runs out
   */
  reserve(bytes: number): Address {
    const at = this.#top;
    const top = at + Math.ceil(bytes / 16) * 16 + 16;
    const missing = top - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / page));
    this.#top = top;
    return at;
  }

  /** The place of the next reservation: everything reserved from here on can be released together. */
  mark(): Address {
    return this.#top;
  }

  release(mark: Address): void {
    this.#top = mark;
  }

  /** Releases everything. */
  reset(): void {
    this.#top = this.#base;
  }

  /** Copies an array into newly reserved memory. */
  put(array: Float32Array | Float64Array | Int32Array | Uint8Array): Address {
    const at = this.reserve(array.byteLength);
    this.bytes(at, array.byteLength).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return at;
  }

  // Views, valid until the next reservation.

  floats(at: Address, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, at, length);
  }

  doubles(at: Address, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, at, length);
  }

  integers(at: Address, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, length);
  }

  bytes(at: Address, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }
}
