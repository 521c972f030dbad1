/**
 * One WebAssembly instance of the kernels and the memory it works in. Memory is planned here: reserved in order,
 * released to a mark, never freed piecewise; kernels allocate nothing.
 */
import { type Kernels, wasm } from './wasm.ts';

/** A place in an arena's memory, in bytes from its beginning; a multiple of 16. */
export type Address = number;

let compiled: WebAssembly.Module | undefined;

function module(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0)));
  return compiled;
}

const page = 65_536;

export class Arena {
  /** What each takes is said where it is written: `kernels/` of every stage. */
  readonly kernels: Kernels;
  readonly #memory: WebAssembly.Memory;
  readonly #base: Address;
  #top: Address;

  constructor() {
    // The module and its types come from one compilation.
    const exports = new WebAssembly.Instance(module(), {}).exports as unknown as Kernels & {
      memory: WebAssembly.Memory;
    };
    this.kernels = exports;
    this.#memory = exports.memory;
    this.#base = (this.kernels.heapBase() + 15) & ~15;
    this.#top = this.#base;
  }

  /** Bytes of memory that the arena holds. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /**
   * Memory for that many bytes, 16 more besides so that vectors may run over its end. What it holds is arbitrary.
   *
   * @throws RangeError if there is not that much memory
   */
  reserve(bytes: number): Address {
    const at = this.#top;
    const top = at + Math.ceil(bytes / 16) * 16 + 16;
    const missing = top - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / page));
    this.#top = top;
    return at;
  }

  /** Where memory is reserved next: what is reserved from here on can be released at once. */
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

  /** Copies an array into memory of its own. */
  put(array: Float32Array | Float64Array | Int32Array | Uint8Array): Address {
    const at = this.reserve(array.byteLength);
    this.bytes(at, array.byteLength).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return at;
  }

  // Views, valid until more memory is reserved.

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
